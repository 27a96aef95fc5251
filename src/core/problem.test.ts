import assert from "node:assert/strict";
import { it } from "node:test";
import type { RefusalKind } from "../http/refusal.ts";
import { testExchange } from "../testing/exchange.ts";
import { problemBody } from "./problem.ts";

const kind: RefusalKind = { code: "gate.shut", status: 403, title: "Shut", detail: "The gate is shut." };
const x = testExchange();

it("says everything about a refusal, its type being where the docs explain the code", () => {
  assert.deepEqual(JSON.parse(problemBody(x, { kind }, 403)), {
    type: "https://portcullis.dev/problems#gate.shut",
    title: "Shut",
    status: 403,
    detail: "The gate is shut.",
    code: "gate.shut",
    requestId: x.id,
    error: "Shut",
  });
});

it("prefers what is special to the request, and a registered type", () => {
  const type = "https://iana.org/assignments/http-problem-types#quota-exceeded";
  const refusal = {
    kind: { ...kind, type },
    detail: "It is night.",
    error: "Gate shut",
    members: { opens: 6 },
  };
  assert.deepEqual(JSON.parse(problemBody(x, refusal, 403)), {
    type,
    title: "Shut",
    status: 403,
    detail: "It is night.",
    code: "gate.shut",
    requestId: x.id,
    error: "Gate shut",
    opens: 6,
  });
});
