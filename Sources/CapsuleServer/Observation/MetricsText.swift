/// A histogram of durations.
struct Histogram: Sendable {
    let bounds: [Double]
    private(set) var counts: [UInt64]
    private(set) var sum = 0.0

    init(bounds: [Double]) {
        self.bounds = bounds
        counts = [UInt64](repeating: 0, count: bounds.count + 1)
    }

    var count: UInt64 { counts.reduce(0, +) }

    mutating func observe(_ seconds: Double) {
        counts[bounds.firstIndex { seconds <= $0 } ?? bounds.count] += 1
        sum += seconds
    }
}

/// A value that is read when the metrics are.
struct ReadMetric: Sendable {
    /// The kinds of such values in Prometheus.
    enum Kind: String, Sendable {
        /// A value that goes up and down.
        case gauge
        /// A value that only goes up while the process runs.
        case counter
    }

    let name: String
    let help: String
    var kind = Kind.gauge
    /// The name of the label; nil when there is none.
    var label: String?
    /// The values, each with that of its label. A value that does not exist is left out.
    let read: @Sendable () -> [(label: String, value: Double)]
}

/// Writes metrics in Prometheus' text format 0.0.4.
struct MetricsText {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""

    mutating func counter(_ metric: CountedMetric, _ values: [LabelValues: UInt64]) {
        header(metric.name, "counter", metric.help)
        for (labels, value) in values.sorted(by: { $0.key < $1.key }) {
            let pairs = zip(metric.labels, [labels.first, labels.second])
            line(metric.name, pairs.map { Self.label($0, $1) }.joined(separator: ","), "\(value)")
        }
    }

    mutating func read(_ metric: ReadMetric) {
        header(metric.name, metric.kind.rawValue, metric.help)
        for (label, value) in metric.read() {
            line(metric.name, metric.label.map { Self.label($0, label) } ?? "", Self.number(value))
        }
    }

    mutating func histogram(_ metric: TimedMetric, _ values: [String: Histogram]) {
        header(metric.name, "histogram", metric.help)
        for (value, histogram) in values.sorted(by: { $0.key < $1.key }) {
            let labels = metric.label.map { Self.label($0, value) } ?? ""
            let prefix = labels.isEmpty ? "" : labels + ","
            var sum: UInt64 = 0
            for (bound, count) in zip(histogram.bounds, histogram.counts) {
                sum += count
                line(metric.name + "_bucket", "\(prefix)le=\"\(bound)\"", "\(sum)")
            }
            line(metric.name + "_bucket", "\(prefix)le=\"+Inf\"", "\(histogram.count)")
            line(metric.name + "_sum", labels, "\(histogram.sum)")
            line(metric.name + "_count", labels, "\(histogram.count)")
        }
    }

    /// Values are not escaped, because they are constants of this program.
    private static func label(_ name: String, _ value: String) -> String { "\(name)=\"\(value)\"" }

    private static func number(_ value: Double) -> String {
        Int64(exactly: value).map { "\($0)" } ?? "\(value)"
    }

    private mutating func header(_ name: String, _ type: String, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    private mutating func line(_ name: String, _ labels: String, _ value: String) {
        text += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
    }
}
