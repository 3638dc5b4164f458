/** A change that is refused: it would destroy, split or stop a part of the stack, or would have no effect. */
export interface RefusedChange {
  /** Setting, e.g. `kubernetes.podSubnet` or `masters`. */
  readonly setting: string;
  readonly before: string;
  readonly after: string;
  readonly reason: string;
  /** What to do instead. */
  readonly instead: string;
  /** What is lost if the change is confirmed. */
  readonly lost: string;
}
