package import Documents
internal import FoundationEssentials
internal import KargoExpressions
internal import Support

/// Runs the steps of a Stage as Kargo's controller does: with its expressions, its rules for skipping and retries, and
/// its state between two reconciliations of a Promotion.
///
/// Time is simulated: a step that waits advances the clock by Kargo's reconciliation interval without waiting.
package struct PromotionRunner: Sendable {
    /// The name of the Promotion.
    package let name: String
    /// The status records of the steps, in the order in which the steps were reached.
    package private(set) var records: [StepRecord] = []
    /// The outputs of the steps, by alias.
    package private(set) var outputs: [String: JSONValue] = [:]
    /// The aliases of the steps that were executed, in order. Skipped steps are not included.
    package private(set) var executions: [String] = []
    /// The work directory of the steps.
    package let workDirectory: String
    /// Called before a step is executed.
    package var beforeStep: (@Sendable (_ alias: String) async throws -> Void)?
    /// The number of times that a step loses its connection before it does its work, by alias.
    package var faults: [String: Int] = [:]

    /// The names of all steps, in their order.
    package var aliases: [String] { template.steps.map(\.alias) }

    package let cluster: KargoCluster
    let template: PromotionTemplate
    let freight: [KargoFreight]
    let actor: String
    private var position = 0
    private var now: Duration = .zero

    /// The interval after which Kargo reconciles a running step again.
    private static let interval: Duration = .seconds(30)

    /// A Promotion of `freight` to a Stage.
    ///
    /// - Parameters:
    ///   - stage: the manifest of the Stage.
    ///   - tasks: the manifests of the tasks that the steps may refer to.
    ///   - workDirectory: is created, and emptied when the Promotion restarts.
    package init(
        stage: JSONValue, tasks: [JSONValue] = [], freight: [KargoFreight], cluster: KargoCluster, name: String,
        actor: String = "admin", workDirectory: String
    ) throws {
        self.name = name
        self.cluster = cluster
        self.freight = freight
        self.actor = actor
        self.workDirectory = workDirectory
        template = try PromotionTemplate(stage: stage, tasks: tasks, hasWebhooks: cluster.hasWebhooks)
        try Self.empty(workDirectory)
    }

    /// A Promotion of `freight` to a Stage whose manifest, with those of its tasks, is in a YAML stream.
    package init(
        yaml: String, stage: String? = nil, freight: [KargoFreight], cluster: KargoCluster, name: String,
        actor: String = "admin", workDirectory: String
    ) throws {
        let documents = try YAMLParser.documents(Array(yaml.utf8), file: "stage").map { JSONValue(manifest: $0) }
        let manifest = documents.first {
            $0["kind"]?.string == "Stage"
                && (stage == nil || $0["metadata"]?["name"]?.string == stage)
        }
        guard let manifest else { throw InterpreterError(description: "the YAML contains no Stage \(stage ?? "")") }
        try self.init(
            stage: manifest, tasks: documents.filter { $0["kind"]?.string?.hasSuffix("PromotionTask") ?? false },
            freight: freight, cluster: cluster, name: name, actor: actor, workDirectory: workDirectory)
    }

    /// The status of a step; nil when it was not reached.
    package func status(_ alias: String) -> StepStatus? { records.first { $0.alias == alias }?.status }

    /// The status message of a step.
    package func message(_ alias: String) -> String? { records.first { $0.alias == alias }?.message }

    /// Reconciles the Promotion until it ends, or until it waits for a person at `git-wait-for-pr`.
    ///
    /// - Parameter pause: the real time between two reconciliations, for services that are still working.
    package mutating func run(stopAfter: String? = nil, pause: Duration = .milliseconds(200)) async throws
        -> PromotionPhase
    {
        while true {
            let phase = try await reconcile(stopAfter: stopAfter)
            guard case .running = phase, template.steps[position].kind != "git-wait-for-pr" else { return phase }
            try await Task.sleep(for: pause)
        }
    }

    /// Reconciles the Promotion once, from the current step.
    package mutating func reconcile(stopAfter: String? = nil) async throws -> PromotionPhase {
        while position < template.steps.count {
            let step = template.steps[position]
            let record = self.record(for: step)
            if try await perform(step, record) == false { return .running(step: step.alias) }
            position += 1
            if step.alias == stopAfter, stopAfter != nil { return .stopped(after: step.alias) }
        }
        return phase
    }

    /// Restarts from the first step in an empty directory, as Kargo does when its controller lost the directory.
    ///
    /// - Parameter rememberingOutputs: true when the outputs were already written to the status of the Promotion.
    ///   Outputs of a reconciliation that did not end are lost.
    package mutating func restart(rememberingOutputs: Bool) throws {
        try Self.empty(workDirectory)
        position = 0
        records = []
        if !rememberingOutputs { outputs = [:] }
    }

    private static func empty(_ directory: String) throws {
        try? FileManager.default.removeItem(atPath: directory)
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    /// The index of a step's record. Steps without an alias share one record, because their alias is empty.
    private mutating func record(for step: PromotionTemplate.Step) -> Int {
        if let index = records.firstIndex(where: { $0.alias == step.alias }) { return index }
        records.append(StepRecord(alias: step.alias, continueOnError: step.continueOnError))
        return records.count - 1
    }

    /// Executes or skips a step; false when the step must be reconciled again.
    private mutating func perform(_ step: PromotionTemplate.Step, _ index: Int) async throws -> Bool {
        do {
            if try skips(step) {
                records[index].status = .skipped
                return true
            }
        } catch let error as ExpressionError {
            return finish(index, .errored, "error checking if step \(step.alias) should be skipped: \(error)")
        } catch let error as StepFailure {
            return finish(index, .errored, "error checking if step \(step.alias) should be skipped: \(error)")
        }
        guard let kind = StepKinds.all[step.kind] else {
            throw InterpreterError(description: "the step \(step.kind) is not interpreted")
        }
        guard cluster.minorVersion >= kind.since else {
            return finish(index, .errored, "no promotion step runner found for kind \(step.kind)")
        }
        if records[index].startedAt == nil { records[index].startedAt = now }
        let config: JSONValue
        do {
            config = try ExpressionTemplate.evaluate(
                step.config ?? .object([]), in: environment(for: step, variables: try variables(of: step)))
        } catch {
            return finish(index, .errored, "failed to build step context: \(error)")
        }
        try await beforeStep?(step.alias)
        executions.append(step.alias)
        let context = StepContext(
            cluster: cluster, config: StepConfig(config), alias: step.alias, project: template.project,
            stage: template.stage,
            promotion: name, freight: freight, workDirectory: workDirectory, state: outputs)
        do {
            if let left = faults[step.alias], left > 0 {
                faults[step.alias] = left - 1
                throw StepFailure(.errored, "connection reset by peer")
            }
            let outcome = try await kind.step.run(context)
            outputs[step.alias] = outcome.output ?? .null
            if step.kind == "compose-output", let space = space(of: step.alias), case .object(let new)? = outcome.output
            {
                let old = (outputs[space]?.members ?? []).filter { member in !new.contains { $0.key == member.key } }
                outputs[space] = .object(old + new)
            }
            records[index].status = outcome.status
            records[index].message = ""
            if outcome.status == .succeeded || outcome.status == .skipped { return true }
            // A step that waits has had no error: only errors in a row are counted.
            records[index].errorCount = 0
        } catch let failure as StepFailure {
            outputs[step.alias] = .null
            records[index].status = failure.status
            records[index].message = failure.description
            if failure.isTerminal { return finish(index, .errored, "an unrecoverable error occurred: \(failure)") }
            records[index].errorCount += 1
            let threshold = max(step.errorThreshold, 1)
            if records[index].errorCount >= threshold {
                return finish(
                    index, .errored, "step \(step.alias) met error threshold of \(threshold): \(failure)")
            }
            // Until then it counts as running, so that it is not skipped because of its own failure.
            records[index].status = .running
        }
        let started = records[index].startedAt ?? now
        if let timeout = step.timeout, timeout > .zero, now - started > timeout {
            return finish(index, .errored, "step \(step.alias) timed out after \(timeout)")
        }
        now += try context.config.duration("pollInterval") ?? Self.interval
        return false
    }

    private mutating func finish(_ index: Int, _ status: StepStatus, _ message: String) -> Bool {
        records[index].status = status
        records[index].message = message
        return true
    }

    /// True when a step is skipped: after a failure if it has no condition, else when the condition is false.
    private func skips(_ step: PromotionTemplate.Step) throws -> Bool {
        guard let condition = step.condition, !condition.isEmpty else { return hasFailures }
        let value = try ExpressionTemplate(parsing: condition)
            .evaluate(in: environment(for: step, variables: try variables(of: step)))
        guard case .bool(let isTrue) = value else {
            throw StepFailure(.errored, "expression must evaluate to a boolean, got \(value.text.dropLast())")
        }
        return !isTrue
    }

    var hasFailures: Bool { records.contains(where: \.isFailure) }

    /// The phase of the Promotion: that of the worst step.
    private var phase: PromotionPhase {
        let counted = records.enumerated().filter { !template.steps[$0.offset].continueOnError }.map(\.element)
        var worst: StepRecord?
        for record in counted where (record.status ?? .succeeded) > (worst?.status ?? .succeeded) { worst = record }
        switch worst?.status {
        case nil, .succeeded?, .skipped?: return .succeeded
        case .aborted?: return .aborted
        case .failed?: return .failed(worst?.message ?? "")
        case .errored?, .running?: return .errored(worst?.message ?? "")
        }
    }
}
