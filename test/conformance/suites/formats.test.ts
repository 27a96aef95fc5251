import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { PayloadReader } from "./csharp.ts";
import { compareGuardian, readCases as readGuardianCases } from "./desync-guardian.ts";
import { unescapeLiteral } from "./escapes.ts";
import { compareGunicorn, readCase as readGunicornCase } from "./gunicorn.ts";
import { readOutput } from "./h1spec.ts";
import { readClients } from "./haproxy-vtc.ts";
import { JavaExpression, Unreadable } from "./java.ts";
import { readTrophies } from "./http-garden.ts";
import { readCase } from "./http11probe.ts";
import { readCases as readLlhttpCases } from "./llhttp-cases.ts";
import { compareLlhttp } from "./llhttp.ts";
import { comparePico, readCases as readPicoCases } from "./picohttpparser.ts";
import { readPermutations } from "./request-smuggler.ts";
import { readOutput as readSmugglerOutput } from "./smuggler-script.ts";
import { readConfig } from "./smuggler.ts";

const llhttpText = (log: string) =>
  `## Title\n\n<!-- meta={"type": "request"} -->\n\`\`\`http\nPUT /a HTTP/1.1\nA: \\\nb\nContent-Length: 2\n\nhi\n\`\`\`\n\n\`\`\`log\n${log}\n\`\`\`\n`;

const probeText = (expected: string) =>
  String.raw`TestCase { Id = "X", PayloadFactory = ctx => MakeRequest($"GET / HTTP/1.1\r\n" + $"Host: {ctx.HostHeader}\r\n\r\n"), Expected = new ExpectedBehavior { ${expected} } };`;

const verdicts = (lines: string[]) =>
  compareLlhttp(readLlhttpCases("request/x.md", llhttpText(lines.join("\n")))).map(({ verdict }) => verdict);

const gunicornText = (body: string) =>
  `request = {\n "method": "POST",\n "uri": uri("/a"),\n "body": b"${body}"\n}`;

void suite("Formats of suites", () => {
  void test("escapes", () => {
    assert.equal(unescapeLiteral(String.raw`\r\n\t\0\x1f\u00e9\33\\\"`), '\r\n\t\0\x1f\xe9\x1b\\"');
  });

  void test("llhttp: cases in Markdown, with the log of what a parser says", () => {
    const log = [
      "off=0 message begin",
      'off=0 len=3 span[method]="PUT"',
      'off=4 len=2 span[url]="/a"',
      'off=17 len=1 span[header_field]="A"',
      'off=20 len=1 span[header_value]="b"',
      "off=23 header_value complete",
      "off=42 headers complete method=4 v=1/1 flags=20 content_length=2",
      'off=44 len=2 span[body]="hi"',
      "off=46 message complete",
    ];
    assert.deepEqual(verdicts(log), ["agrees"]);
    assert.deepEqual(verdicts([...log, 'off=46 error code=1 reason="Method"']), ["finding"]);
    assert.deepEqual(verdicts(log.slice(0, -1)), ["finding"]);
    assert.deepEqual(verdicts(log.with(4, 'off=20 len=0 span[header_value]=""')), ["finding"]);
  });

  void test("picohttpparser: calls in C", () => {
    const source = String.raw`static void test_request(void)
    PARSE("GET / HTTP/1.1\r\n\r\n", 0, 0, "one");
    PARSE("GET / HTTP/1.1\r\n", 0, -2, "two");
    PARSE("GET / HTTP/1.1\r\na\001: b\r\n\r\n", 0, -1, "three");
    PARSE("GET / HTTP/1.1\r\n\r\n", 0, -1, "four");
    PARSE("GET / HTTP/1.1\r\na: b\r\n c\r\n\r\n", 0, 0, "five");
static void test_chunked_consume_trailer(void)
        chunked_test_runners[i](__LINE__, 1, "1\r\na\r\n0\r\n\r\n", "a", 0);`;
    assert.deepEqual(
      comparePico(readPicoCases(source)).map(({ verdict }) => verdict),
      ["agrees", "agrees", "agrees", "finding", "stricter", "agrees"],
    );
  });

  void test("smuggler: a template in Python, and mutations with loops", () => {
    const source = String.raw`
	p.header  = "__METHOD__ __ENDPOINT__ HTTP/1.1" + RN
	p.header += gadget + RN
	p.header += "Content-Length: __REPLACE_CL__" + RN
mutations["a"] = render_template("A:\tb")
for i in range(0x7f,0x81):
	mutations["b-%02x"%i] = render_template("A%c: b"%(i))`;
    const payloads = readConfig(source);
    assert.deepEqual(
      payloads.slice(0, 5).map(({ name, bytes }) => [name, bytes.slice(0, 32)]),
      [
        ["a TE.CL 6", "POST / HTTP/1.1\r\nA:\tb\r\nContent-L"],
        ["a TE.CL 5", "POST / HTTP/1.1\r\nA:\tb\r\nContent-L"],
        ["a CL.TE 4", "POST / HTTP/1.1\r\nA:\tb\r\nContent-L"],
        ["a CL.TE 11", "POST / HTTP/1.1\r\nA:\tb\r\nContent-L"],
        ["b-7f TE.CL 6", "POST / HTTP/1.1\r\nA\x7f: b\r\nContent-"],
      ],
    );
    assert.deepEqual(
      payloads.slice(8, 10).map(({ name, bytes }) => [name, bytes.slice(17, 22)]),
      [
        ["b-80 TE.CL 6", "A\xc2\x80: "],
        ["b-80 TE.CL 6 as bytes", "A\x80: b"],
      ],
    );
  });

  void test("http-garden: payloads in code spans", () => {
    const text = "  - Payload: `GET /\\x85\\r\\n` `b`\n  - Payload: Anything.\n  - Payload: `c`\n";
    assert.deepEqual(readTrophies(text), [
      { name: "trophy 1", bytes: "GET /\x85\r\nb" },
      { name: "trophy 2", bytes: "c" },
    ]);
  });

  void test("Http11Probe: a payload in C#, and what it takes for right", () => {
    const statuses = (expected: string) => readCase(probeText(expected))?.expected?.statuses;
    assert.equal(readCase(probeText(""))?.bytes, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert.deepEqual(statuses("ExpectedStatus = StatusCodeRange.Exact(400)"), [[400, 400]]);
    assert.deepEqual(statuses("ExpectedStatus = StatusCodeRange.Range4xx, AllowConnectionClose = true"), [
      [400, 499],
      [0, 0],
    ]);
    assert.deepEqual(statuses('Description = "501/2xx or close"'), [
      [501, 501],
      [200, 299],
      [0, 0],
    ]);
    assert.equal(statuses('Description = "!101"'), undefined);
  });

  void test("gunicorn: requests in lines, and what they are in Python", () => {
    const source = String.raw`POST /a HTTP/1.1\r\n
Content-Length: 2\r\n
\r\n
h\0`;
    const cases: [what: string, source: string, expected: string, verdict: string][] = [
      ["the same", source, gunicornText("h\\x00"), "agrees"],
      ["another body", source, gunicornText("h"), "finding"],
      ["another target", source, gunicornText("h\\x00").replace("/a", "/b"), "finding"],
      ["refused by both", source.replace(": 2", ": -2"), "request = InvalidHeader", "agrees"],
      ["refused by us", source.replace(": 2", ": +2"), gunicornText("h\\x00"), "stricter"],
      ["refused by them", source, "request = InvalidHeader", "finding"],
      ["refused by them for its size", source, "request = LimitRequestLine", "known"],
    ];
    for (const [what, text, python, verdict] of cases)
      assert.equal(compareGunicorn([readGunicornCase(what, text, python)])[0]!.verdict, verdict, what);
  });

  void test("Http11Probe: payloads that C# puts together", () => {
    const cases: [source: string, bytes: string | undefined][] = [
      ['MakeRequest(\n $"a{ctx.HostHeader}" +\n "b"),', "ahostb"],
      [
        '{ // why\n const string x = "1\\r\\n"; var n = Encoding.ASCII.GetByteCount(x); return MakeRequest($"{n}:{x}"); }',
        "3:1\r\n",
      ],
      ["{ var long = new string('a', 1_0); return MakeRequest(long + \"b\"); }", `${"a".repeat(10)}b`],
      [
        '{ var a = Encoding.ASCII.GetBytes("x"); byte[] b = [0xC3, 0x0b]; a.CopyTo(payload, 0); b.CopyTo(payload, 1); return payload; }',
        "x\xc3\x0b",
      ],
      ['{ var x = Random(); return MakeRequest($"{x}"); }', undefined],
    ];
    for (const [source, bytes] of cases)
      assert.equal(new PayloadReader({ "ctx.HostHeader": "host" }).read(source), bytes, source);
  });

  void test("http-desync-guardian: heads in YAML, with how suspicious they are", () => {
    const cases: [name: string, tier: string, reason: string, verdict: string][] = [
      ["a", "Compliant", "Compliant", "agrees"],
      ["a", "Severe", "BadHeader", "finding"],
      ["a", "Ambiguous", "SuspiciousHeader", "known"],
      ["a ", "Severe", "BadHeader", "agrees"],
      ["a ", "Acceptable", "NonCompliantHeader", "stricter"],
    ];
    const text = cases.map(
      ([name, tier, reason]) =>
        `- name: x\n  uri: /\n  method: GET\n  version: HTTP/1.1\n  headers:\n    - name: "${name}"\n      value: 1\n  expected:\n    tier: ${tier}\n    reason: ${reason}\n`,
    );
    assert.deepEqual(
      compareGuardian(readGuardianCases(text.join(""))).map(({ verdict }) => verdict),
      cases.map(([, , , verdict]) => verdict),
    );
  });

  void test("smuggler: what its script says last of each case", () => {
    const output =
      "[+] URL : x\n\r   \r[a]   : Checking TECL...\r   \r[a]   : OK (TECL: 0.00 - 400)\n[b] : Potential CLTE Issue Found\n";
    assert.deepEqual(
      readSmugglerOutput(output).map(({ name, verdict }) => [name, verdict]),
      [
        ["a", "agrees"],
        ["b", "finding"],
      ],
    );
  });

  void test("HAProxy: clients in VTC", () => {
    const source = String.raw`client c1 -connect ${"$"}{fe1} {
    txreq -method POST \
      -url "/a" -hdr "X: \"1\"" -body "hi"
    expect resp.status == 200
} -run
client c2 -connect ${"$"}{fe1} {
    txreq -req "GET" -hdr "host: b" -nolen -body "c"
    send "d\r\n"
    rxresp
    expect resp.status == 400
} -run
client c3 -connect ${"$"}{fe1} {
    txreq
} -run
`;
    assert.deepEqual(readClients("x.vtc", source), [
      {
        name: "x.vtc c1",
        bytes: 'POST /a HTTP/1.1\r\nX: "1"\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi',
        expected: { statuses: [[200, 299]] },
      },
      {
        name: "x.vtc c2",
        bytes: "GET / HTTP/1.1\r\nhost: b\r\n\r\ncd\r\n",
        expected: { statuses: [[400, 400]] },
      },
    ]);
  });

  void test("HTTP Request Smuggler: expressions of Java", () => {
    const names = { header: "A-B: ", i: 11 };
    const functions = {
      replace: (text: string | undefined, ...values: string[]) => `${text}|${values.join("|")}`,
    };
    const cases: [code: string, value: string | undefined][] = [
      ['"a\\r\\n" + header', "a\r\nA-B: "],
      ['header.replace("-", "_").toUpperCase()', "A_B: "],
      ["header.substring(0, 1).toLowerCase() + header.substring(1)", "a-B: "],
      ["header + (char) i", "A-B: \x0b"],
      ['Utilities.replace(header, "x"+"y", "z".getBytes())', "A-B: |xy|z"],
      ["header.unknown()", undefined],
      ["Utilities.unknown(header)", undefined],
      ["unknown", undefined],
      ["header header", undefined],
    ];
    for (const [code, value] of cases) {
      const evaluate = () => new JavaExpression(code, names, functions).evaluate();
      if (value === undefined) assert.throws(evaluate, Unreadable, code);
      else assert.equal(evaluate(), value, code);
    }
  });

  void test("HTTP Request Smuggler: permutations of two fields, with loops over characters", () => {
    const source = String.raw`byte[] applyDesync() {
      case "one":
          permuted = header.replace(":", " :");
          break;
      case "two":
          transformed = Utilities.replace(request, "Content-Length: ", "Content-Length: +");
          break;
      case "three":
          transformed = something();
          break;
      case "h2four":
          permuted = header;
      if (technique.equals("five:"+i)) {
          permuted = header + (char) i;
      }
      chars.add(11);`;
    const { payloads, unread } = readPermutations(source);
    const kinds = new Map<string, number>();
    for (const { name } of payloads) {
      const kind = name.replace(/, request \d+$/, "");
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }
    assert.equal(unread, 1);
    assert.deepEqual(Object.fromEntries(kinds), {
      "one of Transfer-Encoding": 5,
      "one of Content-Length": 5,
      "two of Transfer-Encoding": 4,
      "two of Content-Length": 5,
      "five:11 of Transfer-Encoding": 5,
      "five:11 of Content-Length": 5,
    });
    assert.ok(payloads.some(({ bytes }) => bytes.includes("Transfer-Encoding: \x0bchunked\r\n")));
  });

  void test("h1spec: a line for each case", () => {
    assert.deepEqual(
      readOutput("✅ A: Response Status Code 200\n❌ B: Read operation timed out\n").map(
        ({ name, verdict }) => [name, verdict],
      ),
      [
        ["A", "agrees"],
        ["B", "finding"],
      ],
    );
  });
});
