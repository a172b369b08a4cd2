namespace FastMerge.Checkpoint.Output;

/// <summary>One thing that must be the same for a merge to continue: <c>recipe</c>, <c>seed</c>,
/// the state of an input. A resume that meets another value names it.</summary>
readonly record struct PlanPart(string Name, string Value);
