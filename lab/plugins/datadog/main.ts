import { serve } from "../protocol/serve";
import { datadogProvider } from "./provider";

void serve(datadogProvider);
