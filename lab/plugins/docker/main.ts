import { serve } from "../protocol/serve";
import { dockerProvider } from "./provider";

void serve(dockerProvider);
