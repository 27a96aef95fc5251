import { Leaf } from "./leaf.ts";
import type { Candidate } from "./leaf.ts";
import type { Segment } from "./pattern.ts";
import type { Search } from "./search.ts";

class Node<T> {
  /** The first literal child. While it is alone, comparing its text is cheaper than hashing a piece of the path. */
  #literalText = "";
  #literal: Node<T> | undefined = undefined;
  /** All literal children, once there are two. */
  #literals: Map<string, Node<T>> | undefined = undefined;
  param: Node<T> | undefined = undefined;
  /** What ends here. */
  end: Leaf<T> | undefined = undefined;
  /** A `*` that begins here. */
  rest: Leaf<T> | undefined = undefined;
  /** Fallbacks for everything from here on. */
  fallback: Leaf<T> | undefined = undefined;

  /** The child for the literal segment of `path` from `start` to `end`. */
  literal(path: string, start: number, end: number): Node<T> | undefined {
    if (this.#literals !== undefined) return this.#literals.get(path.slice(start, end));
    const text = this.#literalText;
    return end - start === text.length && path.startsWith(text, start) ? this.#literal : undefined;
  }

  /** The child for a literal segment, made when it is new. */
  addLiteral(text: string): Node<T> {
    const existing = this.literal(text, 0, text.length);
    if (existing !== undefined) return existing;
    const child = new Node<T>();
    if (this.#literal === undefined) {
      this.#literalText = text;
      this.#literal = child;
    } else {
      this.#literals ??= new Map([[this.#literalText, this.#literal]]);
      this.#literals.set(text, child);
    }
    return child;
  }
}

/**
 * The paths of one host, a node a segment. Its nodes form a tree, in which a node is only reached from its parent and at
 * its own depth: so a search visits no node twice, and costs at most as many steps as the config has branches that fit,
 * however long a hostile path is. Each branch is tried from the most to the least specific, so the first that takes the
 * request is the best.
 */
export class Trie<T> {
  readonly #root = new Node<T>();

  /** The leaf of a path, made when it is new. */
  leaf(segments: readonly Segment[]): Leaf<T> {
    if (segments.at(-1)?.kind === "rest") return (this.#node(segments.slice(0, -1)).rest ??= new Leaf<T>());
    return (this.#node(segments).end ??= new Leaf<T>());
  }

  /** The leaf of the fallbacks for a prefix and everything below it. */
  fallback(prefix: readonly Segment[]): Leaf<T> {
    const last = prefix.at(-1);
    const open = last?.kind === "rest" || (last?.kind === "literal" && last.text === "");
    return (this.#node(open ? prefix.slice(0, -1) : prefix).fallback ??= new Leaf<T>());
  }

  /** The most specific candidate that takes the request; where there is none, `search.refused` has the leaves passed. */
  find(search: Search<T>): Candidate<T> | undefined {
    return this.#find(this.#root, search, 1, 0);
  }

  /** The deepest fallback around the path. */
  findFallback(search: Search<T>): Candidate<T> | undefined {
    return this.#findFallback(this.#root, search, 1);
  }

  #find(node: Node<T>, search: Search<T>, start: number, depth: number): Candidate<T> | undefined {
    const { path } = search;
    search.starts[depth] = start;
    if (start > path.length) return tryLeaf(node.end, search) ?? tryLeaf(node.rest, search);
    const end = endOfSegment(path, start);
    let found: Candidate<T> | undefined;
    const literal = node.literal(path, start, end);
    if (literal !== undefined) found = this.#find(literal, search, end + 1, depth + 1);
    if (found === undefined && node.param !== undefined && end > start) {
      found = this.#find(node.param, search, end + 1, depth + 1);
    }
    return found ?? tryLeaf(node.rest, search);
  }

  #findFallback(node: Node<T>, search: Search<T>, start: number): Candidate<T> | undefined {
    const { path } = search;
    if (start > path.length) return node.fallback?.select(search);
    const end = endOfSegment(path, start);
    let found: Candidate<T> | undefined;
    const literal = node.literal(path, start, end);
    if (literal !== undefined) found = this.#findFallback(literal, search, end + 1);
    if (found === undefined && node.param !== undefined && end > start) {
      found = this.#findFallback(node.param, search, end + 1);
    }
    return found ?? node.fallback?.select(search);
  }

  #node(segments: readonly Segment[]): Node<T> {
    let node = this.#root;
    for (const segment of segments) {
      node = segment.kind === "literal" ? node.addLiteral(segment.text) : (node.param ??= new Node<T>());
    }
    return node;
  }
}

function tryLeaf<T>(leaf: Leaf<T> | undefined, search: Search<T>): Candidate<T> | undefined {
  if (leaf === undefined) return undefined;
  const found = leaf.select(search);
  if (found === undefined) search.refused.push(leaf);
  return found;
}

function endOfSegment(path: string, start: number): number {
  const slash = path.indexOf("/", start);
  return slash === -1 ? path.length : slash;
}
