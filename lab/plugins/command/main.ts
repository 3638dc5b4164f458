import { serve } from "../protocol/serve";
import { commandProvider } from "./provider";

void serve(commandProvider);
