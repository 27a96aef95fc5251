import { get } from "../network.ts";
import type { Answer } from "../network.ts";
import type { Peer, RunningPeer } from "../peers/peer.ts";
import { identityPath, makeToken, shopBody, shopHeaders, shopPath } from "../shop.ts";

interface Question {
  readonly about: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly expected: (answer: Answer) => boolean;
}

/**
 * Asks a peer, before it is measured, whether it does the work that it is measured for. A peer that forwards
 * without deciding, or refuses what it should forward, would win a race that it does not run.
 */
export async function checkAgreement(peer: Peer, { port }: RunningPeer): Promise<void> {
  for (const question of questionsFor(peer)) {
    const answer = await get(port, question.path, question.headers);
    if (!question.expected(answer)) {
      throw new Error(
        `${peer.name} does not agree about ${question.about}: ${answer.status} ${JSON.stringify(answer.headers)} ${answer.body}`,
      );
    }
  }
}

const refused = ({ status }: Answer): boolean => status === 401;

function questionsFor(peer: Peer): Question[] {
  const headers = shopHeaders();
  const forwarded = {
    about: "an honest request",
    path: shopPath,
    headers,
    expected: ({ status, body }: Answer) => status === 200 && body === shopBody,
  };
  if (peer.policies === "none") return [forwarded];
  return [
    forwarded,
    { about: "no token", path: shopPath, headers: {}, expected: refused },
    {
      about: "an expired token",
      path: shopPath,
      headers: { ...headers, authorization: `Bearer ${makeToken(-60)}` },
      expected: refused,
    },
    {
      about: "a token signed by another",
      path: shopPath,
      headers: { ...headers, authorization: `Bearer ${makeToken(60, "another secret of thirty-two bytes")}` },
      expected: refused,
    },
    {
      about: "a forged identity and a token to be kept",
      path: identityPath,
      headers: { ...headers, "x-user-id": "2", "x-user-role": "root" },
      expected: ({ body }) => body === '{"id":"1","role":"admin","token":""}',
    },
    {
      about: "the rate limit's headers",
      path: shopPath,
      headers,
      expected: (answer) => /^\d+$/.test(String(answer.headers["x-ratelimit-remaining"])),
    },
    {
      about: "the headers of CORS",
      path: shopPath,
      headers,
      expected: (answer) => answer.headers["access-control-allow-origin"] !== undefined,
    },
    { about: "an unknown path", path: "/nowhere", headers, expected: ({ status }) => status === 404 },
  ];
}
