/** The reference is made from the sources: these hold that it is current, and that the sources list all there is to tell. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, it } from "node:test";
import { documentedKinds } from "../../docs/generate/kinds.ts";
import { referencePages } from "../../docs/generate/pages.ts";
import { ownerOf, refusalGroups } from "../../docs/generate/refusals.ts";
import { CLIENT_CODES } from "../../src/core/client-codes.ts";
import { EVENTS } from "../../src/core/events.ts";
import { problemType } from "../../src/core/problem.ts";
import type { RefusalKind } from "../../src/http/refusal.ts";

const root = join(import.meta.dirname, "../..");
const pages = await referencePages();
const groups = await refusalGroups();
const refusals = groups.flatMap((group) => group.refusals);
const codes = new Set(refusals.map((kind) => kind.code));

const sources = globSync("src/**/*.ts", { cwd: root })
  .filter((file) => !file.endsWith(".test.ts") && !file.startsWith("src/testing/"))
  .map((file) => ({ file, text: readFileSync(join(root, file), "utf8") }));

function read(page: string): string {
  return readFileSync(join(root, "docs/reference", page), "utf8");
}

describe("the reference", () => {
  for (const [name, text] of Object.entries(pages)) {
    it(`${name} is current`, () => {
      assert.ok(text === read(name), `docs/reference/${name} is out of date: run npm run docs`);
    });
  }

  it("has an anchor for the type of every refusal", () => {
    const page = read("problems.md");
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]!);
    assert.deepEqual(ids.toSorted(), [...codes, ...Object.keys(CLIENT_CODES)].toSorted());
    for (const kind of refusals) {
      const type = problemType(kind);
      if (kind.type === undefined) assert.ok(ids.includes(type.slice(type.indexOf("#") + 1)), type);
      else assert.ok(page.includes(`<${kind.type}>`) && URL.canParse(kind.type), kind.type);
    }
  });
});

describe("refusals", () => {
  it("have codes that are unique", () => {
    assert.equal(codes.size, refusals.length);
  });

  it("have codes of the form owner.name, the owner being who refuses", () => {
    for (const { owner, refusals } of groups) {
      for (const kind of refusals) {
        if (kind.code !== "internal") assert.match(kind.code, /^[a-z][A-Za-z]*\.[a-z]+(_[a-z]+)*$/);
        assert.equal(ownerOf(kind), owner);
      }
    }
  });

  it("have a status of an error, and say what happened", () => {
    for (const { code, status, title, detail } of refusals) {
      assert.ok(Number.isInteger(status) && status >= 400 && status <= 599, code);
      assert.match(title, /^[A-Z].*[^.]$/, code);
      assert.match(detail, /^[A-Z].*\.$/, code);
    }
  });

  it("are all listed, those that stand in the sources one by one", () => {
    const written = sources.flatMap(({ file, text }) =>
      [...text.matchAll(/: RefusalKind = \{([^}]*)\}/g)].map((match) => ({
        file,
        code: /\bcode: "([^"]+)"/.exec(match[1]!)?.[1],
      })),
    );
    assert.ok(written.length > 30);
    assert.deepEqual(
      written.filter(({ code }) => code === undefined || !codes.has(code)),
      [],
    );
  });

  it("are all listed, those that a module exports", async () => {
    const modules = sources.filter(({ text }) => /\bRefusalKind\b/.test(text) && /^export const/m.test(text));
    const exported = (
      await Promise.all(modules.map(({ file }) => import(join(root, file)) as Promise<object>))
    )
      .flatMap((module) => Object.values(module) as unknown[])
      .filter(isRefusalKind);
    assert.ok(exported.length > 40);
    assert.deepEqual(
      exported.filter((kind) => !refusals.includes(kind)),
      [],
    );
  });

  it("stand in the README of who refuses", async () => {
    for (const { kind, readme } of await documentedKinds()) {
      const text = readFileSync(join(root, "docs/reference", readme), "utf8");
      for (const { code } of kind.refusals) assert.ok(text.includes(`\`${code}\``), `${readme}: ${code}`);
    }
  });
});

it("the codes of clients that did not wait are those that the sources use", () => {
  const users = sources.filter(({ file }) => file !== "src/core/client-codes.ts");
  const written = users.flatMap(({ text }) =>
    [...text.matchAll(/"(client\.[a-z_]+)"/g)].map((match) => match[1]!),
  );
  assert.deepEqual([...new Set(written)].toSorted(), Object.keys(CLIENT_CODES).toSorted());
});

it("the events are those that the sources tell", () => {
  const tellers = sources.filter(({ file }) => file !== "src/core/events.ts");
  const told = tellers.flatMap(({ text }) =>
    [...text.matchAll(/\bkind: "([a-z_]+\.[a-z_]+)"/g)].map((match) => match[1]!),
  );
  assert.deepEqual([...new Set(told)].toSorted(), Object.keys(EVENTS).toSorted());
});

it("links between documents lead somewhere", () => {
  const files = globSync(["*.md", "docs/**/*.md", "src/**/*.md", "examples/**/*.md"], {
    cwd: root,
    exclude: (name) => name === "node_modules",
  });
  const broken = files.flatMap((file) =>
    [...withoutCode(readFileSync(join(root, file), "utf8")).matchAll(/\]\(([^)\s]+)\)/g)]
      .map((match) => match[1]!)
      .filter((link) => !/^[a-z]+:/.test(link) && !leadsSomewhere(file, link))
      .map((link) => `${file}: ${link}`),
  );
  assert.deepEqual(broken, []);
});

function leadsSomewhere(file: string, link: string): boolean {
  const [path, anchor] = link.split("#") as [string, string?];
  const target = path === "" ? file : normalize(join(dirname(file), path));
  if (globSync(target, { cwd: root }).length === 0) return false;
  return anchor === undefined || anchorsOf(readFileSync(join(root, target), "utf8")).includes(anchor);
}

/** Written ones, and those that are made from headings: lower case, blanks to `-`, without punctuation. */
function anchorsOf(text: string): string[] {
  const written = [...text.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]!);
  const made = [...withoutCode(text).matchAll(/^#+ (.*)$/gm)].map((match) =>
    match[1]!
      .toLowerCase()
      .replaceAll(/<[^>]*>|[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
  return [...written, ...made];
}

function withoutCode(text: string): string {
  return text.replaceAll(/^```.*?^```$/gms, "");
}

function isRefusalKind(value: unknown): value is RefusalKind {
  return typeof value === "object" && value !== null && "code" in value && "title" in value;
}
