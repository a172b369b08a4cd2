using FastMerge.Core;
using FastMerge.Primitives;

namespace FastMerge.Tests.Backends;

/// <summary>Expressions of every operation, put together at random.</summary>
sealed class RandomExpressions(int seed)
{
    static readonly OpKind[] Arithmetic =
    [
        OpKind.Add, OpKind.Subtract, OpKind.Multiply, OpKind.Divide, OpKind.Minimum, OpKind.Maximum,
    ];

    static readonly OpKind[] Comparisons =
    [
        OpKind.Less, OpKind.LessOrEqual, OpKind.Equal, OpKind.NotEqual, OpKind.Agrees,
    ];

    static readonly OpKind[] Unary =
    [
        OpKind.Absolute, OpKind.Negate, OpKind.SquareRoot, OpKind.Sign, OpKind.Exp, OpKind.Log, OpKind.Tanh,
    ];

    static readonly OpKind[] Folds = [OpKind.SumModels, OpKind.LargestMagnitude, OpKind.LargestOfModels];

    static readonly DType[] DTypes =
    [
        DType.F32, DType.F16, DType.BF16, DType.F64, DType.F8_E4M3, DType.F8_E5M2,
    ];

    readonly Random _random = new(seed);
    readonly Tensor _base = Tensor.Base();
    readonly Tensor _models = Tensor.Models();
    readonly Scalar _uniform = Scalar.Of(new Global("u", 1, Bounds.Any, ""));
    readonly Scalar _weight = Scalar.Of(new PerModel("w", 1, Bounds.Any, ""));

    /// <summary>One tensor that depends on all models.</summary>
    public Tensor Single() => Tensor.Binary(Pick(Arithmetic), Ops.Sum(Any(4, perModel: true)), Any(4, perModel: false));

    Tensor Any(int depth, bool perModel)
    {
        if (depth == 0) return perModel && _random.Next(3) > 0 ? _models : _base;
        return _random.Next(9) switch
        {
            0 => Tensor.Unary(Pick(Unary), Any(depth - 1, perModel)),
            1 => Tensor.WithScalar(
                Pick(Arithmetic), Any(depth - 1, perModel), AnyScalar(perModel), _random.Next(2) == 0),
            2 => Tensor.Choose(Mask(depth - 1, perModel), Any(depth - 1, perModel), Any(depth - 1, perModel)),
            3 => Tensor.Choose(Mask(depth - 1, perModel), Any(depth - 1, perModel), AnyScalar(perModel)),
            4 => Keep(Any(depth - 1, perModel)),
            5 => Tensor.Round(Any(depth - 1, perModel), Pick(DTypes)),
            6 when depth > 2 => Tensor.FoldOverModels(Pick(Folds), Any(depth - 1, perModel: true)),
            7 when _random.Next(3) == 0 => Ops.RowRank(perModel ? _models : _base) * (1 / 64.0),
            _ => Tensor.Binary(Pick(Arithmetic), Any(depth - 1, perModel), Any(depth - 1, perModel)),
        };
    }

    Tensor Mask(int depth, bool perModel) => _random.Next(4) switch
    {
        0 when depth > 0 => Tensor.Binary(
            _random.Next(2) == 0 ? OpKind.And : OpKind.Or, Mask(depth - 1, perModel), Mask(depth - 1, perModel)),
        1 when depth > 0 => Tensor.Unary(OpKind.Not, Mask(depth - 1, perModel)),
        2 => Tensor.WithScalar(OpKind.Less, Any(depth, perModel), AnyScalar(perModel)),
        _ => Tensor.Binary(Pick(Comparisons), Any(depth, perModel), Ops.ElectSign(Any(depth, perModel))),
    };

    Tensor Keep(Tensor a)
    {
        var cut = new Cut(a, 1, true);
        return _random.Next(4) switch
        {
            0 => Tensor.Keep(a, cut),
            1 => Tensor.Keep(a, cut, new Cut(a, 2, false)),
            2 => Ops.KeepAtRandom(a, Ops.Tanh(a)),
            _ => Tensor.KeepAtRandom(a, 0.5),
        };
    }

    Scalar AnyScalar(bool perModel) => _random.Next(4) switch
    {
        0 => _random.Next(9) - 4,
        1 when perModel => _weight,
        2 => Scalar.Of(new Reduction(ReductionKind.Sum, Scope.Column, perModel ? _models : _base)),
        _ => _uniform,
    };

    T Pick<T>(T[] items) => items[_random.Next(items.Length)];
}
