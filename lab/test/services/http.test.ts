import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { serve } from "../../services/http";
import { scratchFolder } from "../scratch";

test("a journal that cannot be read is answered with 500, and the stand-in goes on", async () => {
  const journalFile = join(scratchFolder(), "journal.jsonl");
  const server = await serve({ port: 0, journalFile, answer: () => ({ status: 204 }) });
  const url = `http://127.0.0.1:${server.port}`;
  try {
    // the half of a line, as a machine that lost its power leaves it
    appendFileSync(journalFile, '{"time":');
    expect((await fetch(`${url}/_lab/journal`)).status).toBe(500);
    expect((await fetch(`${url}/_lab/health`)).status).toBe(200);
  } finally {
    await server.close();
  }
});
