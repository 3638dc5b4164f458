import { randomBytes } from "node:crypto";
import { StateFile } from "../state-file";
import { refusal } from "./answers";
import type { AddressSet, Publish } from "./name-server";
import type { RecordFields, Zone } from "./record";

export interface StoredRecord extends RecordFields {
  readonly id: string;
  readonly zoneId: string;
  readonly created_on: string;
  readonly modified_on: string;
}

/** The published TTL for `1` (automatic), in seconds. */
const automaticTtl = 300;

/** The records of all zones. A change is published first, and stored only if the name server accepts it. */
export class RecordStore {
  private readonly file: StateFile<StoredRecord[]>;
  private records: StoredRecord[];
  private queue: Promise<unknown> = Promise.resolve();

  constructor(
    stateFile: string,
    private readonly zones: readonly Zone[],
    private readonly publish: Publish,
  ) {
    this.file = new StateFile<StoredRecord[]>(stateFile, []);
    this.records = this.file.read();
  }

  list(zone: Zone): StoredRecord[] {
    return this.records.filter((record) => record.zoneId === zone.id);
  }

  get(zone: Zone, id: string): StoredRecord {
    const record = this.records.find((candidate) => candidate.zoneId === zone.id && candidate.id === id);
    if (record === undefined) {
      throw refusal(404, 81044, "Record does not exist.");
    }
    return record;
  }

  create(zone: Zone, fields: RecordFields): Promise<StoredRecord> {
    return this.serially(async () => {
      this.refuseDuplicate(zone, fields);
      const now = new Date().toISOString();
      const id = randomBytes(16).toString("hex");
      const record: StoredRecord = { ...fields, id, zoneId: zone.id, created_on: now, modified_on: now };
      await this.replaceAll([...this.records, record], zone, [record.name]);
      return record;
    });
  }

  /** `change` gets the record as it is after all earlier changes. */
  update(zone: Zone, id: string, change: (before: StoredRecord) => RecordFields): Promise<StoredRecord> {
    return this.serially(async () => {
      const before = this.get(zone, id);
      const fields = change(before);
      this.refuseDuplicate(zone, fields, id);
      const after: StoredRecord = { ...before, ...fields, modified_on: new Date().toISOString() };
      const records = this.records.map((record) => (record === before ? after : record));
      await this.replaceAll(records, zone, [before.name, after.name]);
      return after;
    });
  }

  remove(zone: Zone, id: string): Promise<void> {
    return this.serially(async () => {
      const before = this.get(zone, id);
      const rest = this.records.filter((record) => record !== before);
      await this.replaceAll(rest, zone, [before.name]);
    });
  }

  /** Publishes every record, for a name server without them. */
  publishAll(): Promise<void> {
    return this.serially(async () => {
      for (const zone of this.zones) {
        const names = this.list(zone).map(({ name }) => name);
        await this.publish(addressSets(this.records, zone, names));
      }
    });
  }

  private async replaceAll(records: StoredRecord[], zone: Zone, names: readonly string[]): Promise<void> {
    await this.publish(addressSets(records, zone, names)).catch((error: unknown) => {
      const { message } = error as Error;
      process.stderr.write(`publishing ${names.join(", ")}: ${message}\n`);
      throw refusal(500, 1000, `the name server refused the change: ${message}`);
    });
    this.records = records;
    this.file.write(records);
  }

  private refuseDuplicate(zone: Zone, fields: RecordFields, id?: string): void {
    for (const other of this.list(zone)) {
      if (other.id !== id && other.name === fields.name && other.content === fields.content) {
        throw refusal(400, 81058, "An identical record already exists.");
      }
    }
  }

  /** Runs a task after all earlier ones have ended. */
  private serially<T>(task: () => Promise<T>): Promise<T> {
    const result = this.queue.then(task);
    this.queue = result.catch(() => undefined);
    return result;
  }
}

function addressSets(records: readonly StoredRecord[], zone: Zone, names: readonly string[]): AddressSet[] {
  return [...new Set(names)].map((name) => {
    const own = records.filter((record) => record.zoneId === zone.id && record.name === name);
    const ttl = Math.min(86400, ...own.map((record) => (record.ttl === 1 ? automaticTtl : record.ttl)));
    return { zone: zone.name, name, ttl, addresses: own.map((record) => record.content) };
  });
}
