import { serve } from "../protocol/serve";
import { cloudflareProvider } from "./provider";

void serve(cloudflareProvider);
