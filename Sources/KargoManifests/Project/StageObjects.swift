internal import DeliveryConfiguration
internal import Documents
internal import Rendering
internal import Support

extension KargoProject {
    /// A Stage, and its AnalysisTemplate when the stage has a verification.
    func stageObjects(_ stage: Stage) -> [JSONValue] {
        let steps = StepScope(project: self, stage: stage, review: stage.review != .none)
        let template: JSONValue =
            settings.tasks
            ? [["as": "promote", "task": ["kind": "PromotionTask", "name": .string(taskName(stage.review != .none))]]]
            : .array(self.steps(steps).map(\.manifest))
        let object: JSONValue = [
            "apiVersion": .string(Self.api), "kind": "Stage", "metadata": metadata(stage.name),
            "spec": [
                "vars": settings.tasks ? nil : steps.variables,
                "requestedFreight": [
                    ["origin": ["kind": "Warehouse", "name": .string(Self.warehouse)], "sources": sources(stage)]
                ],
                "promotionTemplate": ["spec": ["steps": template]],
                "verification": stage.verification.map { _ in
                    ["analysisTemplates": [["name": .string(analysisName(stage))]]]
                },
            ],
        ]
        return [object] + (stage.verification.map { [analysis(stage, $0)] } ?? [])
    }

    private func sources(_ stage: Stage) -> JSONValue {
        guard !stage.after.isEmpty else { return ["direct": true] }
        return [
            "stages": .array(stage.after.map { .string($0) }),
            // `after` requires every upstream stage, not any of them.
            "availabilityStrategy": stage.after.count > 1 ? "All" : nil,
            "requiredSoakTime": stage.soak.map { .string(Self.duration($0.seconds)) },
        ]
    }

    /// Seconds in the format of Go durations.
    static func duration(_ seconds: Int64) -> String {
        "\(seconds / 3600)h\(seconds / 60 % 60)m\(seconds % 60)s"
    }

    private func steps(_ scope: StepScope) -> [Step] {
        settings.style == .native ? scope.nativeSteps() : scope.serviceSteps()
    }

    private func taskName(_ review: Bool) -> String { review ? "promote-with-review" : "promote" }

    /// The PromotionTasks: one for the stages that push directly and one for those with a review.
    func tasks() -> [JSONValue] {
        let reviews = Set(configuration.stages.map { $0.review != .none })
        return [false, true].filter(reviews.contains).map { review in
            let scope = StepScope(project: self, stage: nil, review: review)
            return [
                "apiVersion": .string(Self.api), "kind": "PromotionTask", "metadata": metadata(taskName(review)),
                "spec": ["vars": scope.variables, "steps": .array(steps(scope).map(\.manifest))],
            ]
        }
    }

    private func analysisName(_ stage: Stage) -> String { "\(stage.name)-answers" }

    private func analysis(_ stage: Stage, _ verification: StageVerification) -> JSONValue {
        let namespace = deployments.first { $0.name == stage.name }?.namespace ?? stage.name
        return [
            "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisTemplate", "metadata": metadata(analysisName(stage)),
            "spec": [
                "metrics": [
                    [
                        "name": "answers",
                        "interval": .string("\(verification.interval.seconds)s"),
                        "count": .number("\(verification.count)"),
                        "failureLimit": .number("\(verification.failureLimit)"),
                        "successCondition": verification.success.map { .string($0) },
                        "provider": [
                            "web": [
                                "url": .string(verification.url.replacing("{namespace}", with: namespace)),
                                "jsonPath": verification.success == nil ? nil : "{$}",
                            ]
                        ],
                    ]
                ]
            ],
        ]
    }
}
