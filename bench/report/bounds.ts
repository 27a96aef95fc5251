import { medianOfRatios, ratioOfMedians } from "../measure/statistics.ts";
import type { RoutingFigures } from "../measure/routing.ts";
import type { RoundFigures } from "../measure/rounds.ts";
import type { PeerName } from "../peers/index.ts";
import type { Results } from "../results.ts";

export interface Verdict {
  readonly figure: string;
  readonly atMost: string;
  /** Undefined when a peer that it takes was left out. */
  readonly measured: string | undefined;
  /** For a ratio: that of the two medians, beside the median of the rounds' ratios that is judged. */
  readonly ratioOfMedians?: string;
  readonly reached: boolean | undefined;
}

const kilobyte = 1024;
const megabyte = 1024 * 1024;

/** Compares what was measured with what Portcullis must reach. */
export function judgeBounds(results: Results): Verdict[] {
  const shopMemory = results.memory.get("portcullis-shop");
  return [
    judgeRatio(
      results,
      "CPU per request, all shop policies, to HAProxy with the same",
      1.15,
      "cpuUsPerRequest",
      "portcullis-shop",
      "haproxy-shop",
    ),
    judgeRatio(
      results,
      "CPU per request, all shop policies, to Fastify with its plugins",
      0.33,
      "cpuUsPerRequest",
      "portcullis-shop",
      "fastify-shop",
    ),
    judgeRatio(
      results,
      "CPU per request, plain proxy, to nginx",
      1.25,
      "cpuUsPerRequest",
      "portcullis-plain",
      "nginx-plain",
    ),
    judgeRatio(
      results,
      "p99 at 64 connections, all shop policies, to HAProxy",
      1.5,
      "p99Ms",
      "portcullis-shop",
      "haproxy-shop",
    ),
    judgeSize("memory per idle client connection", 10, "KB", kilobyte, shopMemory?.idleConnectionBytes),
    judgeRouting(results.routing),
    judgeSize(
      "resident memory growth while a slow client reads a 256 MB answer",
      32,
      "MB",
      megabyte,
      shopMemory?.slowReaderGrowthBytes,
    ),
  ];
}

function judgeRatio(
  results: Results,
  text: string,
  atMost: number,
  figure: keyof RoundFigures,
  ours: PeerName,
  theirs: PeerName,
): Verdict {
  const a = results.load.get(ours)?.[figure];
  const b = results.load.get(theirs)?.[figure];
  if (a === undefined || b === undefined) return judge(text, atMost, undefined, formatRatio);
  return {
    ...judge(text, atMost, medianOfRatios(a, b), formatRatio),
    ratioOfMedians: formatRatio(ratioOfMedians(a, b)),
  };
}

function judgeRouting(routing: RoutingFigures | undefined): Verdict {
  const figure = "routing among 10,000 routes to routing among 10";
  const verdict = judge(figure, 1.2, routing?.ratio, formatRatio);
  return routing === undefined
    ? verdict
    : { ...verdict, ratioOfMedians: formatRatio(routing.ratioOfMedians) };
}

function formatRatio(value: number): string {
  return value.toFixed(2);
}

function judgeSize(
  text: string,
  atMost: number,
  unit: string,
  unitBytes: number,
  bytes: number | undefined,
): Verdict {
  const format = (value: number) => `${Number(value.toFixed(1))} ${unit}`;
  return judge(text, atMost, bytes === undefined ? undefined : bytes / unitBytes, format);
}

function judge(
  figure: string,
  atMost: number,
  value: number | undefined,
  format: (value: number) => string,
): Verdict {
  return {
    figure,
    atMost: format(atMost),
    measured: value === undefined ? undefined : format(value),
    reached: value === undefined ? undefined : value <= atMost,
  };
}
