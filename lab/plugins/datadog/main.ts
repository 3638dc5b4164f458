import { serve } from "../protocol/serve";
import { datadogProvider } from "./provider";

serve(datadogProvider);
