/// The name and the labels of a metric, in the order in which they are written.
struct Series: Hashable, Sendable, Comparable {
    let name: String
    /// `route="/verify",status="200"`; empty without labels.
    let labels: String

    /// Labels are not escaped, because their values are constants of this program.
    init(_ name: String, _ labels: KeyValuePairs<String, String> = [:]) {
        self.name = name
        self.labels = labels.map { "\($0)=\"\($1)\"" }.joined(separator: ",")
    }

    static func < (left: Series, right: Series) -> Bool { (left.name, left.labels) < (right.name, right.labels) }
}

/// A histogram of durations.
struct Histogram: Sendable {
    /// The upper bounds in seconds: from a cached response to a promotion with a slow remote.
    static let bounds: [Double] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]

    private(set) var counts = [UInt64](repeating: 0, count: bounds.count + 1)
    private(set) var sum = 0.0

    var count: UInt64 { counts.reduce(0, +) }

    mutating func observe(_ seconds: Double) {
        counts[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
        sum += seconds
    }
}

/// Writes metrics in Prometheus' text format 0.0.4.
struct MetricsText {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""

    mutating func counters(_ all: [Series: UInt64], help: [String: String]) {
        var last = ""
        for (series, value) in all.sorted(by: { $0.key < $1.key }) {
            if series.name != last { header(series.name, "counter", help) }
            last = series.name
            line(series.name, series.labels, "\(value)")
        }
    }

    mutating func gauge(_ name: String, _ value: Int64, help: [String: String]) {
        header(name, "gauge", help)
        line(name, "", "\(value)")
    }

    mutating func histograms(_ all: [Series: Histogram], help: [String: String]) {
        var last = ""
        for (series, histogram) in all.sorted(by: { $0.key < $1.key }) {
            if series.name != last { header(series.name, "histogram", help) }
            last = series.name
            var sum: UInt64 = 0
            let prefix = series.labels.isEmpty ? "" : series.labels + ","
            for (bound, count) in zip(Histogram.bounds, histogram.counts) {
                sum += count
                line(series.name + "_bucket", "\(prefix)le=\"\(bound)\"", "\(sum)")
            }
            line(series.name + "_bucket", "\(prefix)le=\"+Inf\"", "\(histogram.count)")
            line(series.name + "_sum", series.labels, "\(histogram.sum)")
            line(series.name + "_count", series.labels, "\(histogram.count)")
        }
    }

    private mutating func header(_ name: String, _ type: String, _ help: [String: String]) {
        if let help = help[name] { text += "# HELP \(name) \(help)\n" }
        text += "# TYPE \(name) \(type)\n"
    }

    private mutating func line(_ name: String, _ labels: String, _ value: String) {
        text += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
    }
}
