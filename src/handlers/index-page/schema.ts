import { z } from "zod";

export const indexConfig = z.strictObject({});
