/// A promotion step. Every one has a name of its own: on a cluster without Kargo's webhooks unnamed steps share one status,
/// and run after a failure.
struct Step {
    var name: String
    var uses: String
    var condition: Node?
    var retry: Node?
    var config: Node

    init(_ name: String, _ uses: String, if condition: Node? = nil, retry: Node? = nil, _ config: Node) {
        self.name = name
        self.uses = uses
        self.condition = condition
        self.retry = retry
        self.config = config
    }

    var node: Node {
        ["uses": .text(uses), "as": .text(name), "if": condition, "retry": retry, "config": config]
    }
}
