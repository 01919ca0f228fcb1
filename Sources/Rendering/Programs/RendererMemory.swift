internal import Support

/// The limit of a renderer's memory, as an environment variable sets it.
package enum RendererMemory {
    /// The variable: a number of MiB.
    package static let variable = "CAPSULE_RENDER_MEMORY"
    /// The minimum in MiB: a program in Go does not start with less.
    static let least = 64
    /// The maximum in MiB: a larger number is a mistake in the unit.
    static let most = 1 << 20

    /// The limit in bytes; nil when the variable is not set or empty.
    ///
    /// - Throws: `RenderError.Code.invalidLimit` for anything else than a number within the limits.
    package static func limit(in environment: [String: String]) throws(RenderError) -> Int? {
        guard let text = environment[variable], !text.isEmpty else { return nil }
        guard let number = Int(text), (least...most).contains(number) else {
            throw RenderError(
                .invalidLimit, "\(variable) is \(quoted(text)), not a number of MiB from \(least) to \(most)")
        }
        return number << 20
    }
}
