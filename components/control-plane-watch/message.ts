/** A part of a monitor's message that Datadog sends only in one state. */
export const onlyIf = (state: string, text: string) => `{{#${state}}}${text}{{/${state}}}`;
