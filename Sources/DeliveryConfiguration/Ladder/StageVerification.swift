internal import Documents
internal import Support

/// What Kargo asks a stage's deployment before the release counts as verified there: a web address that must answer well.
/// It becomes an AnalysisTemplate, which needs Argo Rollouts.
public struct StageVerification: Hashable, Sendable {
    /// The address, with `{namespace}` standing for the deployment's.
    public var url: String
    /// The condition on the answer's JSON, in the language of Argo Rollouts; nil for any answer of 200.
    public var success: String?
    /// The time between two questions.
    public var interval: SoakTime
    /// How many questions are asked.
    public var count: Int
    /// How many of them may fail.
    public var failureLimit: Int

    /// So many questions at most: a day at one a minute and a half.
    static let maximumCount = 1000

    init(_ reader: MappingReader) throws {
        url = try reader.requiredString("url")
        let plain = url.replacing("{namespace}", with: "x")
        guard plain.hasPrefix("http://") || plain.hasPrefix("https://"),
            plain.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"{}$`\"'\\".utf8.contains($0) })
        else {
            throw reader.complaint(
                "url", "is \(quoted(url)); write an http or https address, with {namespace} where it is needed")
        }
        success = try reader.string("success")
        if let interval = try reader.parsed("interval", { try SoakTime($0) }) {
            self.interval = interval
        } else {
            interval = try SoakTime("10s")
        }
        count = try Self.number("count", reader, 1...Self.maximumCount) ?? 3
        failureLimit = try Self.number("failureLimit", reader, 0...Self.maximumCount) ?? 0
    }

    private static func number(
        _ key: String, _ reader: MappingReader, _ range: ClosedRange<Int>
    ) throws(DocumentError) -> Int? {
        guard let text = try reader.string(key) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw reader.complaint(
                key, "is \(quoted(text)); it must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
