internal import Synchronization

/// The storage of a value: its default, or the value from the command line.
///
/// A class, because a wrapper is copied together with its structure, and the parser must fill in the one that the command reads.
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

    /// Appends in place: with a copy for each element, 20,000 of them take a second.
    func append<Element>(_ element: Element) where Value == [Element] {
        given.withLock { value in
            if value?.append(element) == nil { value = [element] }
        }
    }
}
