import { compileParser, type Parser } from "../parser";
import type { GrokParser } from "./definition";

/**
 * Compiles the rules of a Grok parser.
 *
 * @throws RuleError if a rule is not valid
 */
export function parserOf({ grok }: GrokParser): Parser {
  return compileParser({ matchRules: grok.match_rules, supportRules: grok.support_rules });
}
