export const placeholderMistake = "still contains a placeholder";

/** Whether a value is a placeholder from an example. */
export function isPlaceholder(value: string): boolean {
  return /REPLACE_ME|CHANGE_?ME|^<.*>$|^x+$|^todo$/i.test(value);
}
