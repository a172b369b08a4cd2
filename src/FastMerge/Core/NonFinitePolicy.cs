namespace FastMerge.Core;

/// <summary>What happens when a weight is NaN or infinite. They are always counted.</summary>
public enum NonFinitePolicy
{
    /// <summary>A warning that names the tensors.</summary>
    Warn,

    /// <summary>The merge fails with <see cref="FailureKind.NonFinite"/>.</summary>
    Error,

    /// <summary>Non-finite inputs are read as zero.</summary>
    Zero,
}
