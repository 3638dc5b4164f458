/** What to do where the lab is not as it should be. */
export const lookAtIt = "Look: npm run lab -- status";
