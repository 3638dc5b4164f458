import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { serve } from "../../services/http";
import { scratchFolder } from "../scratch";

test("an unreadable journal gives status 500, and the stand-in continues to serve", async () => {
  const journalFile = join(scratchFolder(), "journal.jsonl");
  const server = await serve({ port: 0, journalFile, answer: () => ({ status: 204 }) });
  const url = `http://127.0.0.1:${server.port}`;
  try {
    // half a line, as after a power loss
    appendFileSync(journalFile, '{"time":');
    expect((await fetch(`${url}/_lab/journal`)).status).toBe(500);
    expect((await fetch(`${url}/_lab/health`)).status).toBe(200);
  } finally {
    await server.close();
  }
});
