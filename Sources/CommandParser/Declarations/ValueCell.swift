internal import Synchronization

/// The place of a value: its default, and what the command line gives.
///
/// A class, because reflection hands out copies of wrappers, and the parser has to fill in the one that the command reads.
final class ValueCell<Value: Sendable>: Sendable {
    private let initial: Value?
    private let given = Mutex<Value?>(nil)

    init(initial: Value?) { self.initial = initial }

    var current: Value {
        guard let value = given.withLock({ $0 }) ?? initial else {
            preconditionFailure("a required value was read before a command line was parsed")
        }
        return value
    }

    func set(_ value: Value) { given.withLock { $0 = value } }

    /// Appends in place: a copy for each element makes 20,000 of them take a second.
    func append<Element>(_ element: Element) where Value == [Element] {
        given.withLock { value in
            if value?.append(element) == nil { value = [element] }
        }
    }
}
