#!/usr/bin/env node
import { keepCompiledCode } from "./compiled-code.ts";
import { endProcess, processTerminal } from "./terminal.ts";

keepCompiledCode();
// What is imported now is kept, or was.
const { runCommandLine } = await import("./command-line.ts");
endProcess(await runCommandLine(process.argv.slice(2), processTerminal()));
