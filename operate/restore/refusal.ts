/** Nothing was changed. The message says what is wrong, where, and what to do. */
export class Refusal extends Error {}
