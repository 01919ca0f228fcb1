internal import CapsuleTrust
internal import OCI
internal import Support
internal import Synchronization

/// The metrics of the service.
final class ServiceMetrics: Sendable {
    private struct State {
        /// The counts of each `CountedMetric`, at its place.
        var counters = CountedMetric.allCases.map { metric in
            Dictionary(uniqueKeysWithValues: metric.known.map { ($0, UInt64(0)) })
        }
        /// The histograms of each `TimedMetric`, at its place.
        var histograms = TimedMetric.allCases.map { metric in
            Dictionary(uniqueKeysWithValues: metric.known.map { ($0, Histogram(bounds: metric.bounds)) })
        }
        var read: [ReadMetric] = []

        mutating func count(_ metric: CountedMetric, _ labels: LabelValues) {
            counters[metric.rawValue][labels, default: 0] += 1
        }

        mutating func observe(_ metric: TimedMetric, _ label: String, _ took: Duration) {
            histograms[metric.rawValue][label, default: Histogram(bounds: metric.bounds)].observe(took.seconds)
        }
    }

    private let clock: ServiceClock
    private let state = Mutex(State())

    init(clock: ServiceClock) { self.clock = clock }

    /// Adds a metric that is read when the metrics are.
    func add(_ metric: ReadMetric) { state.withLock { $0.read.append(metric) } }

    func request(route: String, status: Int, took: Duration) {
        let labels = LabelValues(route, "\(status)")
        state.withLock { state in
            state.count(.requests, labels)
            state.observe(.requests, labels.first, took)
        }
    }

    /// Counts a connection that was closed before or during a request.
    func refused(_ status: Int) { count(.refusedConnections, LabelValues("\(status)")) }

    func verdict(ok: Bool, source: String) { count(.verdicts, LabelValues(ok ? "ok" : "rejected", source)) }

    func checks(_ checks: [CheckResult]) {
        for check in checks {
            let id = CountedMetric.checkIDs.contains(check.id) ? check.id : CountedMetric.attestationCheck
            count(.checks, LabelValues(id, check.status.rawValue))
        }
    }

    func cacheRead(_ result: String) { count(.cacheReads, LabelValues(result)) }

    func promotion(_ outcome: String, took: Duration) {
        state.withLock { state in
            state.count(.promotions, LabelValues(outcome))
            state.observe(.promotions, "", took)
        }
    }

    func statement(_ outcome: String) { count(.statements, LabelValues(outcome)) }

    func failure(_ reason: FailureReason) { count(.failures, LabelValues(reason.rawValue)) }

    func registryCall<Result>(
        _ operation: RegistryOperation, _ call: () async throws -> Result
    ) async throws -> Result {
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

    private func ended(_ operation: RegistryOperation, _ outcome: String, _ start: Duration) {
        let took = clock.now - start
        state.withLock { state in
            state.count(.registryCalls, LabelValues(operation.rawValue, outcome))
            state.observe(.registryCalls, operation.rawValue, took)
        }
    }

    /// Times a program that was run for the service.
    func program(_ metric: TimedMetric, _ label: String, took: Duration) {
        state.withLock { $0.observe(metric, label, took) }
    }

    private func count(_ metric: CountedMetric, _ labels: LabelValues) { state.withLock { $0.count(metric, labels) } }

    /// The metrics in Prometheus' text format.
    func text() -> String {
        let (counters, histograms, read) = state.withLock { ($0.counters, $0.histograms, $0.read) }
        var out = MetricsText()
        for metric in CountedMetric.allCases { out.counter(metric, counters[metric.rawValue]) }
        for metric in read { out.read(metric) }
        for metric in TimedMetric.allCases { out.histogram(metric, histograms[metric.rawValue]) }
        return out.text
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
