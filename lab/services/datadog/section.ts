/** Things of one kind that the organisation has made. */
export interface Section<T> {
  all(): readonly T[];
  keep(items: readonly T[]): void;
}
