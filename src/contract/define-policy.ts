import { inspect } from "node:util";
import type { z } from "zod";
import type { Exchange } from "../core/exchange.ts";
import type { Policy } from "../core/policy.ts";
import type { Reply } from "../core/reply.ts";
import type { RefusalKind } from "../http/refusal.ts";
import { ConfigMistake } from "../lib/config-mistake.ts";
import { redact } from "../lib/redact.ts";
import { ExchangeView, readField } from "./own-exchange.ts";
import { describeWrongFacts } from "./own-facts.ts";
import type { OwnAround, OwnFacts, OwnPolicy, OwnPolicyKind, PolicyDefinition } from "./own-policy.ts";

const kinds = new WeakSet<object>();

/** Whether `definePolicy` has made it. */
export function isOwnPolicyKind(value: unknown): value is OwnPolicyKind {
  return typeof value === "object" && value !== null && kinds.has(value);
}

/**
 * Defines a kind of policy. A config in TypeScript or JavaScript lists it under `use`, and configures it by its name under `policies`, at
 * every level, as it does the gateway's own. Throws a `TypeError` where the definition is wrong.
 *
 * @example
 * const TEAPOT = { code: "teapot.short", status: 418, title: "I'm a teapot", detail: "Ask for tea." };
 *
 * const teapot = definePolicy({
 *   name: "teapot",
 *   summary: "Refuses to brew anything but tea.",
 *   stage: "entrance",
 *   config: z.strictObject({ brews: z.string().describe("The path that it takes.") }),
 *   refusals: [TEAPOT],
 *   create: ({ brews }) => ({ request: (x) => (x.request.path === brews ? undefined : refuse(TEAPOT)) }),
 * });
 *
 * export default defineConfig({ use: [teapot], policies: { teapot: { brews: "/tea" } }, routes: [...] });
 */
export function definePolicy<const N extends string, S extends z.ZodObject>(
  definition: PolicyDefinition<N, S>,
): OwnPolicyKind<N, S> {
  checkDefinition(definition);
  const { name, summary, stage, config, refusals } = definition;
  const facts = factsOf(definition);
  const kind: OwnPolicyKind<N, S> = Object.freeze({
    name,
    summary,
    stage,
    config,
    refusals: refusals.map(withType),
    ...(facts === undefined ? {} : { facts }),
    create(given: z.output<S>, around: OwnAround): Policy {
      const made = make(name, () => definition.create(given, around));
      return adapt(made, name, refusals, facts?.(given).identityHeaders ?? []);
    },
  });
  kinds.add(kind);
  return kind;
}

function checkDefinition(definition: PolicyDefinition<string, z.ZodObject>): void {
  if (typeof definition !== "object" || definition === null)
    throw new TypeError("definePolicy: a definition must be an object, and is not that");
  const { name, summary, stage, config, refusals } = definition;
  if (typeof name !== "string" || !/^[a-z][A-Za-z0-9]{0,62}$/.test(name))
    throw new TypeError("definePolicy: name must be letters and digits, the first one a small letter");
  // Every object has it already, so a config could not say whether it has the policy.
  if (name in Object.prototype) throw new TypeError(`definePolicy: the name ${name} is not allowed`);
  const fail = (what: string): never => {
    throw new TypeError(`definePolicy: ${what} of ${name}`);
  };
  if (typeof summary !== "string" || summary === "") fail("summary must be a sentence, and is not that");
  if (stage !== "entrance" && stage !== "behind")
    fail('stage must be "entrance" or "behind", and is not that');
  if (!isStrict(config)) fail("config must be a schema made by z.strictObject, and is not that");
  if (typeof definition.create !== "function") fail("create must be a function, and is not that");
  if (definition.facts !== undefined && typeof definition.facts !== "function")
    fail("facts must be a function, and is not that");
  if (!Array.isArray(refusals)) fail("refusals must be a list, and is not that");
  for (const refusal of refusals as readonly unknown[])
    if (typeof refusal !== "object" || refusal === null)
      fail("refusals must be a list of objects, and is not that");
  const owner = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  for (const { code, status, title, detail } of refusals) {
    if (typeof code !== "string" || !code.startsWith(`${owner}.`) || !/^[a-z0-9_]+\.[a-z0-9_]+$/.test(code))
      fail(
        `a refusal's code must be ${owner}. with a name in lower case, and ${JSON.stringify(code)} is not one`,
      );
    if (!Number.isInteger(status) || status < 400 || status > 599)
      fail(`the status of ${code} must be from 400 to 599, and is not among the refusals`);
    if (typeof title !== "string" || typeof detail !== "string")
      fail(`${code} must have a title and a detail, among the refusals`);
  }
}

/** What is not strict would take a field that is misspelt, without a word. */
function isStrict(config: unknown): boolean {
  const definition = (config as z.ZodObject | undefined)?._zod?.def;
  return definition?.type === "object" && definition.catchall?._zod.def.type === "never";
}

/** The gateway's documents know nothing of users' codes: where no page is named, there is none (RFC 9457, 4.2.1). */
function withType(kind: RefusalKind): RefusalKind {
  return { type: "about:blank", ...kind };
}

/** Those that `definition` tells of a config; what is no fact is a mistake of the config, before it can weaken what is checked by it. */
function factsOf<N extends string, S extends z.ZodObject>(
  definition: PolicyDefinition<N, S>,
): ((given: z.output<S>) => OwnFacts) | undefined {
  const facts = definition.facts?.bind(definition);
  if (facts === undefined) return undefined;
  return (given) => {
    let told: OwnFacts;
    try {
      told = facts(given);
    } catch (error) {
      if (error instanceof ConfigMistake) throw error;
      throw new ConfigMistake(`the facts of the policy ${definition.name} failed: ${messageOf(error)}`);
    }
    const wrong = describeWrongFacts(told);
    if (wrong !== undefined)
      throw new ConfigMistake(`the facts of the policy ${definition.name} are wrong: ${wrong}`);
    return told;
  };
}

function messageOf(error: unknown): string {
  return redact(error instanceof Error ? error.message : inspect(error));
}

function make(name: string, create: () => OwnPolicy): OwnPolicy {
  let made: unknown;
  try {
    made = create();
  } catch (error) {
    if (error instanceof ConfigMistake) throw error;
    throw new ConfigMistake(`the policy ${name} failed while it was made: ${messageOf(error)}`);
  }
  // Nobody waits for it: that it fails as well would end the process, and hide the mistake.
  if (made instanceof Promise) made.catch(() => {});
  if (typeof made !== "object" || made === null || made instanceof Promise)
    throw new ConfigMistake(`create of the policy ${name} must return an object with its hooks, at once`);
  for (const hook of ["request", "response", "done", "close"] as const) {
    const given: unknown = (made as OwnPolicy)[hook];
    if (given !== undefined && typeof given !== "function")
      throw new ConfigMistake(`the hook ${hook} of the policy ${name} is no function`);
  }
  return made;
}

/** A policy as the gateway asks it, with the hooks that `made` has. */
function adapt(
  made: OwnPolicy,
  name: string,
  refusals: readonly RefusalKind[],
  identityHeaders: readonly string[],
): Policy {
  // One for each call: to remember it by its exchange takes more time than all else here (a WeakMap, 1.7 microseconds each).
  const viewOf = (x: Exchange): ExchangeView => new ExchangeView(x, identityHeaders);
  const known = new Map(refusals.map((kind) => [kind, withType(kind)]));
  const check = (answer: Reply | void): Reply | undefined => checkReply(answer, name, known);
  const request = made.request?.bind(made);
  const response = made.response?.bind(made);
  const done = made.done?.bind(made);
  const close = made.close?.bind(made);
  return {
    ...(request !== undefined && {
      request(x: Exchange) {
        const answer = request(viewOf(x));
        return answer instanceof Promise ? answer.then(check) : check(answer);
      },
    }),
    ...(response !== undefined && { response: (x: Exchange) => response(viewOf(x)) }),
    ...(done !== undefined && { done: (x: Exchange) => done(viewOf(x)) }),
    ...(close !== undefined && { close }),
  };
}

const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

function isList(value: unknown): boolean {
  return Array.isArray(value);
}

function isBody(body: unknown): boolean {
  return typeof body === "string" || body instanceof Uint8Array || body instanceof ReadableStream;
}

function checkReply(
  answer: Reply | void,
  name: string,
  known: ReadonlyMap<RefusalKind, RefusalKind>,
): Reply | undefined {
  if (answer === undefined) return undefined;
  const wrong = (what: string): never => {
    throw new TypeError(`the policy ${name} ${what}`);
  };
  if (typeof answer !== "object" || answer === null) return wrong("answers with what is no reply");
  const { status, headers = [], body, refusal } = answer;
  if (!Number.isInteger(status) || status < 200 || status > 599)
    wrong(`answers with the status ${String(status)}: it must be from 200 to 599`);
  if (BODILESS.has(status) && body !== undefined)
    wrong(`answers ${status} with a body, which it cannot have`);
  if (body !== undefined && !isBody(body))
    wrong("answers with a body that is no text, bytes or ReadableStream of bytes");
  if (!isList(headers)) wrong("answers with headers that are no list of names and values");
  const fields: string[] = [];
  for (let i = 0; i < headers.length; i += 2)
    fields.push(readField(headers[i]!, headers[i + 1]!), headers[i + 1]!);
  const checked = headers.length === 0 ? answer : { ...answer, headers: fields };
  if (refusal === undefined) return checked;
  const kind = known.get(refusal.kind) ?? wrong(`refuses with what is not among its refusals`);
  return { ...checked, refusal: { ...refusal, kind } };
}
