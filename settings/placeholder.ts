export const placeholderMistake = "still contains a placeholder";

/** Is a value one that an example has in the place of the user's own? */
export function isPlaceholder(value: string): boolean {
  return /REPLACE_ME|CHANGE_?ME|^<.*>$|^x+$|^todo$/i.test(value);
}
