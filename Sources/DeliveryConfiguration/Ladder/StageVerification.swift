internal import Documents
package import Support

/// The check that Kargo makes of a stage's deployment before the release is verified there: a web address that must
/// answer with 200. It is generated as an AnalysisTemplate, which requires Argo Rollouts.
package struct StageVerification: Hashable, Sendable {
    /// The address, in which `{namespace}` is replaced by the deployment's.
    package var url: String
    /// The condition on the response's JSON, in the language of Argo Rollouts; nil for any response of 200.
    package var success: String?
    /// The time between two requests.
    package var interval: DurationText
    /// The number of requests.
    package var count: Int
    /// The number of requests that may fail.
    package var failureLimit: Int

    static let keys = ["url", "success", "interval", "count", "failureLimit"]
    /// The maximum number of requests: a day at one every minute and a half.
    static let maximumCount = 1000

    init(_ object: StrictObject) throws(DocumentError) {
        url = try object.requiredText("url")
        let plain = url.replacing("{namespace}", with: "x")
        guard plain.hasPrefix("http://") || plain.hasPrefix("https://"),
            plain.withoutURLCredentials(isURL: true) == plain.prefix(while: { $0 != "?" && $0 != "#" }),
            plain.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"{}$`\"'\\".utf8.contains($0) })
        else {
            throw object.invalid(
                key: "url",
                "is \(quoted(url.withoutLogin)); write an http or https address without a login, with {namespace} where it is "
                    + "needed")
        }
        success = try object.text("success")
        interval = try object.duration("interval") ?? DurationText(seconds: 10)
        count = try object.integer("count", in: 1...Self.maximumCount) ?? 3
        failureLimit = try object.integer("failureLimit", in: 0...Self.maximumCount) ?? 0
    }
}
