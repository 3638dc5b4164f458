import { serve } from "../protocol/serve";
import { dockerProvider } from "./provider";

serve(dockerProvider);
