export { establishIdentity, type IdentityArgs } from "./identity";
