#!/usr/bin/env node
import { runCommandLine } from "./command-line.ts";
import { endProcess, processTerminal } from "./terminal.ts";

endProcess(await runCommandLine(process.argv.slice(2), processTerminal()));
