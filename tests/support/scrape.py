"""Reads Prometheus' text format."""

from prometheus_client.parser import text_string_to_metric_families


def scraped(body: bytes) -> dict[str, float]:
    """Each sample by its name and labels, as in `name{label="value"}`."""
    told = {}
    for family in text_string_to_metric_families(body.decode()):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            told[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return told
