/** What tests import from `portcullis/testing`. */
export { systemNetwork } from "../host/sockets.ts";
export {
  RecordedLog,
  simulatedHost,
  SimulatedClock,
  type SimulatedHost,
  type SimulatedHostSettings,
} from "./simulated-host.ts";
