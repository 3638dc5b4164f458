/** A text of a log for a terminal: a dot for each control character, which could move the cursor or change the terminal. */
export const printable = (text: string) => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, "·");
