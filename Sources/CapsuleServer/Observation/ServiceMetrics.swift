internal import CapsuleTrust
internal import OCI
internal import Support
internal import Synchronization

/// The metrics of the service.
final class ServiceMetrics: Sendable {
    private struct State {
        var counters: [Series: UInt64] = [:]
        var histograms: [Series: Histogram] = [:]
        var gauges: [(name: String, value: @Sendable () -> Int64)] = []
    }

    private static let help = [
        "capsule_requests_total": "Requests, by route and status.",
        "capsule_request_duration_seconds": "Duration of requests, by route.",
        "capsule_connections_refused_total":
            "Connections that were closed because they were too slow, too large or too many, by status.",
        "capsule_verdicts_total": "Verdicts, by result and source: the chain of checks, or memory.",
        "capsule_checks_total": "Checks, by id and status.",
        "capsule_registry_calls_total": "Calls of registries, by operation and outcome.",
        "capsule_registry_call_duration_seconds": "Duration of calls of registries, by operation.",
        "capsule_cache_reads_total": "Reads of content: from the cache, from the registry, or damaged in the cache.",
        "capsule_promotions_total": "Completed promotions, by outcome.",
        "capsule_statements_total": "Statements that were requested without a promotion, by outcome.",
        "capsule_cache_bytes": "Bytes of capsules in the cache.",
        "capsule_connections": "Open connections.",
        "capsule_waiting_verifications": "Verifications in the queue.",
        "capsule_waiting_deliveries": "Renders and promotions in the queue.",
        "capsule_remembered_verdicts": "Cached verdicts.",
        "capsule_settings_last_reload_successful":
            "1 when the files of the allow-list, the keys and the policy could be used when they were last read; else 0.",
    ]

    private let clock: ServiceClock
    private let state = Mutex(State())

    init(clock: ServiceClock) { self.clock = clock }

    /// Adds a gauge, which is evaluated when the metrics are read.
    func gauge(_ name: String, _ value: @escaping @Sendable () -> Int64) {
        state.withLock { $0.gauges.append((name, value)) }
    }

    func request(route: String, status: Int, took: Duration) {
        state.withLock { state in
            state.counters[Series("capsule_requests_total", ["route": route, "status": "\(status)"]), default: 0] += 1
            state.histograms[
                Series("capsule_request_duration_seconds", ["route": route]), default: Histogram()
            ].observe(took.seconds)
        }
    }

    /// Counts a connection that was closed before or during a request.
    func refused(_ status: Int) { count("capsule_connections_refused_total", ["status": "\(status)"]) }

    func verdict(ok: Bool, source: String) {
        count("capsule_verdicts_total", ["result": ok ? "ok" : "rejected", "source": source])
    }

    func checks(_ checks: [CheckResult]) {
        for check in checks { count("capsule_checks_total", ["check": check.id, "status": check.status.rawValue]) }
    }

    func cacheRead(_ result: String) { count("capsule_cache_reads_total", ["result": result]) }

    func promotion(_ outcome: String) { count("capsule_promotions_total", ["outcome": outcome]) }

    func statement(_ outcome: String) { count("capsule_statements_total", ["outcome": outcome]) }

    func registryCall<Result>(_ operation: String, _ call: () async throws -> Result) async throws -> Result {
        let start = clock.now
        do {
            let result = try await call()
            ended(operation, "ok", start)
            return result
        } catch {
            ended(operation, (error as? OCIError)?.code.description ?? "cancelled", start)
            throw error
        }
    }

    private func ended(_ operation: String, _ outcome: String, _ start: Duration) {
        count("capsule_registry_calls_total", ["operation": operation, "outcome": outcome])
        state.withLock {
            $0.histograms[
                Series("capsule_registry_call_duration_seconds", ["operation": operation]), default: Histogram()
            ].observe((clock.now - start).seconds)
        }
    }

    private func count(_ name: String, _ labels: KeyValuePairs<String, String>) {
        let series = Series(name, labels)
        state.withLock { $0.counters[series, default: 0] += 1 }
    }

    /// The metrics in Prometheus' text format.
    func text() -> String {
        let (counters, histograms, gauges) = state.withLock { ($0.counters, $0.histograms, $0.gauges) }
        var out = MetricsText()
        out.counters(counters, help: Self.help)
        for gauge in gauges { out.gauge(gauge.name, gauge.value(), help: Self.help) }
        out.histograms(histograms, help: Self.help)
        return out.text
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
