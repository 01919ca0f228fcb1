internal import Synchronization

/// What the wrappers of a structure declare, in their order. Each adds itself when the structure is made: to find them by
/// reflection takes longer than the rest of parsing, because it searches the conformances of the type of each wrapper.
enum Wrappers {
    enum Content: Sendable {
        /// Makes the declaration for the property's name.
        case declaration(@Sendable (String) -> Declaration)
        /// A group, and what its own wrappers declare.
        case group(title: String, any ParsableArguments, [Content])
    }

    private final class Collector: Sendable {
        let contents = Mutex<[Content]>([])
    }

    @TaskLocal private static var collector: Collector?

    /// Makes a structure with its defaults, and collects what its wrappers declare.
    static func collecting<Value: ParsableArguments>(_ type: Value.Type) -> (value: Value, wrappers: [Content]) {
        let collector = Collector()
        let value = $collector.withValue(collector) { Value() }
        return (value, collector.contents.withLock { $0 })
    }

    /// Adds what a wrapper declares to the structure that is being made.
    static func add(_ content: Content) { collector?.contents.withLock { $0.append(content) } }
}
