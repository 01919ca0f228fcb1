internal import Synchronization

/// The number of steps that one run of an algorithm may take over what others wrote.
///
/// An algorithm whose cost can grow faster than its input counts its steps, and ends with a message when they are used up. Steps
/// are counted, and not seconds, so that the same input has the same result on every machine.
package struct StepBudget: Hashable, Sendable {
    /// The maximum number of steps.
    package let limit: Int
    /// The steps that were taken.
    package private(set) var used = 0

    /// A budget of which nothing is used.
    package init(limit: Int) { self.limit = limit }

    /// True when more steps were taken than allowed.
    package var isSpent: Bool { used > limit }

    /// Counts steps; false when there are no more.
    @discardableResult
    package mutating func spend(_ steps: Int = 1) -> Bool {
        used = used.addingClamped(steps)
        return !isSpent
    }
}

/// A budget that several readers share, also on several threads.
package final class SharedStepBudget: Sendable {
    private let budget: Mutex<StepBudget>

    /// A budget of which nothing is used.
    package init(limit: Int) { budget = Mutex(StepBudget(limit: limit)) }

    /// The steps that were taken.
    package var used: Int { budget.withLock { $0.used } }

    /// Counts steps; false when there are no more.
    package func spend(_ steps: Int = 1) -> Bool { budget.withLock { $0.spend(steps) } }
}
