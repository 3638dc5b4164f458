import { serve } from "../protocol/serve";
import { cloudflareProvider } from "./provider";

serve(cloudflareProvider);
