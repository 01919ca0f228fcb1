internal import DeliveryConfiguration
internal import Rendering

extension KargoProject {
    /// A rung of the ladder, and the check that is made on it.
    func stageObjects(_ stage: Stage) -> [Node] {
        let steps = StepScope(project: self, stage: stage, review: stage.review != .none)
        let template: Node =
            settings.tasks
            ? [["as": "promote", "task": ["kind": "PromotionTask", "name": .text(taskName(stage.review != .none))]]]
            : .list(self.steps(steps).map(\.node))
        let object: Node = [
            "apiVersion": .text(Self.api), "kind": "Stage", "metadata": metadata(stage.name),
            "spec": [
                "vars": settings.tasks ? nil : steps.variables,
                "requestedFreight": [
                    ["origin": ["kind": "Warehouse", "name": .text(Self.warehouse)], "sources": sources(stage)]
                ],
                "promotionTemplate": ["spec": ["steps": template]],
                "verification": stage.verification.map { _ in
                    ["analysisTemplates": [["name": .text(analysisName(stage))]]]
                },
            ],
        ]
        return [object] + (stage.verification.map { [analysis(stage, $0)] } ?? [])
    }

    private func sources(_ stage: Stage) -> Node {
        guard !stage.after.isEmpty else { return ["direct": true] }
        return [
            "stages": .list(stage.after.map { .text($0) }),
            // As `after` says: every one of them.
            "availabilityStrategy": stage.after.count > 1 ? "All" : nil,
            "requiredSoakTime": stage.soak.map { .text(Self.duration($0.seconds)) },
        ]
    }

    /// Seconds as Go writes durations.
    static func duration(_ seconds: Int64) -> String {
        "\(seconds / 3600)h\(seconds / 60 % 60)m\(seconds % 60)s"
    }

    private func steps(_ scope: StepScope) -> [Step] {
        settings.style == .native ? scope.nativeSteps() : scope.serviceSteps()
    }

    private func taskName(_ review: Bool) -> String { review ? "promote-with-review" : "promote" }

    /// The steps once for all stages: they differ by review alone.
    func tasks() -> [Node] {
        let reviews = Set(configuration.stages.map { $0.review != .none })
        return [false, true].filter(reviews.contains).map { review in
            let scope = StepScope(project: self, stage: nil, review: review)
            return [
                "apiVersion": .text(Self.api), "kind": "PromotionTask", "metadata": metadata(taskName(review)),
                "spec": ["vars": scope.variables, "steps": .list(steps(scope).map(\.node))],
            ]
        }
    }

    private func analysisName(_ stage: Stage) -> String { "\(stage.name)-answers" }

    private func analysis(_ stage: Stage, _ verification: StageVerification) -> Node {
        let namespace = deployments.first { $0.name == stage.name }?.namespace ?? stage.name
        return [
            "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisTemplate", "metadata": metadata(analysisName(stage)),
            "spec": [
                "metrics": [
                    [
                        "name": "answers",
                        "interval": .text("\(verification.interval.seconds)s"),
                        "count": .number(verification.count),
                        "failureLimit": .number(verification.failureLimit),
                        "successCondition": verification.success.map { .text($0) },
                        "provider": [
                            "web": [
                                "url": .text(verification.url.replacing("{namespace}", with: namespace)),
                                "jsonPath": verification.success == nil ? nil : "{$}",
                            ]
                        ],
                    ]
                ]
            ],
        ]
    }
}
