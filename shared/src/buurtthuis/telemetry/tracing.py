"""W3C trace context, carried from a request through journal and stream into every reaction.

Spans are exported where the OpenTelemetry SDK is told to by its own environment variables
(OTEL_TRACES_EXPORTER, OTEL_EXPORTER_OTLP_ENDPOINT); the context travels in any case.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, DEFAULT_ON, Sampler, SamplingResult
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

PROPAGATOR = TraceContextTextMapPropagator()
TRACER = trace.get_tracer("buurtthuis")


class Provider(TracerProvider):
    """Starts traces here where a caller did not bring one; knows whether anybody collects its spans."""

    collected = False

    def __init__(self) -> None:
        super().__init__(sampler=WhereCollected(self))

    def add_span_processor(self, span_processor: SpanProcessor) -> None:
        """From now on somebody does."""
        self.collected = True
        super().add_span_processor(span_processor)


class WhereCollected(Sampler):
    """Spans that nobody collects only carry their trace on: recording them costs a tenth of a request."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def should_sample(self, *span: Any, **more: Any) -> SamplingResult:
        """See `Sampler.should_sample`."""
        sampler = DEFAULT_ON if self._provider.collected else ALWAYS_OFF
        return sampler.should_sample(*span, **more)

    def get_description(self) -> str:
        """See `Sampler.get_description`."""
        return "WhereCollected"


def configure() -> None:
    """Start traces, unless the application that we run in does already."""
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        trace.set_tracer_provider(Provider())


@contextmanager
def continuing(traceparent: str | None, name: str) -> Iterator[None]:
    """A span called `name`, in the trace that `traceparent` names, or in a new one."""
    parent = PROPAGATOR.extract({"traceparent": traceparent}) if traceparent else None
    with TRACER.start_as_current_span(name, context=parent, record_exception=False):
        yield


def collected(traceparent: str | None, name: str) -> AbstractContextManager[None]:
    """`continuing` where somebody collects spans, else nothing: a span costs more than a small reaction."""
    provider = trace.get_tracer_provider()
    if getattr(provider, "collected", isinstance(provider, TracerProvider)):
        return continuing(traceparent, name)
    return nullcontext()


def current() -> str | None:
    """The traceparent of the span we are in, for the journal."""
    carrier: dict[str, str] = {}
    PROPAGATOR.inject(carrier)
    return carrier.get("traceparent")
