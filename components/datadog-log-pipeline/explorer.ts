/** A link to the values of a facet, where the facet can also be created. */
export interface FacetLink {
  /** Attribute, without `@`. */
  readonly attribute: string;
  /** URL of the Log Explorer with the pipeline's logs, counted by this attribute. */
  readonly explorerUrl: string;
}

/** URL of the Log Explorer of a Datadog site. It is at app.datadoghq.com for `datadoghq.com`, and at `us3.datadoghq.com` itself. */
export function explorerOf(site: string): string {
  return `https://${site.split(".").length > 2 ? site : `app.${site}`}/logs`;
}

/** URL of the Log Explorer with the top values of an attribute in the logs that match a filter. */
export function facetLink(explorerUrl: string, filter: string, facet: string): FacetLink {
  const attribute = facet.replace(/^@/, "");
  const query = new URLSearchParams({
    query: filter,
    agg_q: `@${attribute}`,
    agg_t: "count",
    viz: "toplist",
    live: "true",
  });
  return { attribute, explorerUrl: `${explorerUrl}?${query.toString()}` };
}
