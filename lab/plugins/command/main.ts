import { serve } from "../protocol/serve";
import { commandProvider } from "./provider";

serve(commandProvider);
