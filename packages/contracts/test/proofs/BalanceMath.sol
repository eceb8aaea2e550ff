// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BalanceMath} from "../../contracts/libraries/BalanceMath.sol";

/// @dev P-25, P-26: each function, for all numbers of 256 bits that are not excluded.
contract BalanceProofs {
    function P25_a_raise_never_lowers(uint256 lifetime, uint256 amount) external pure {
        assert(BalanceMath.raised(lifetime, amount) >= lifetime);
    }

    function P25_a_raise_reaches_what_was_shown(uint256 lifetime, uint256 amount) external pure {
        assert(BalanceMath.raised(lifetime, amount) >= amount);
    }

    function P25_a_raise_gives_one_of_the_two(uint256 lifetime, uint256 amount) external pure {
        uint256 raised = BalanceMath.raised(lifetime, amount);
        assert(raised == lifetime || raised == amount);
    }

    function P25_a_raise_keeps_to_128_bits(uint128 lifetime, uint256 amount) external pure {
        assert(BalanceMath.raised(lifetime, amount) <= type(uint128).max);
    }

    function P26_a_payment_is_at_most_what_is_owed(uint256 lifetime, uint256 claimed, uint256 amount)
        external
        pure
    {
        require(claimed <= lifetime);
        uint256 paid = BalanceMath.paid(lifetime, claimed, amount);
        assert(amount <= lifetime - claimed);
        assert(paid == claimed + amount);
    }

    function P26_all_that_is_owed_may_be_paid(uint256 lifetime, uint256 claimed) external pure {
        require(claimed <= lifetime);
        assert(BalanceMath.paid(lifetime, claimed, BalanceMath.owed(lifetime, claimed)) == lifetime);
    }

    function P26_two_parts_pay_as_much_as_one(uint256 lifetime, uint256 claimed, uint128 part, uint128 rest)
        external
        pure
    {
        require(claimed <= lifetime);
        uint256 twice = BalanceMath.paid(lifetime, BalanceMath.paid(lifetime, claimed, part), rest);
        assert(twice == BalanceMath.paid(lifetime, claimed, uint256(part) + rest));
    }
}

/// @dev P-25, P-26: a recipient's pair through any number of raises and payments in any order, as RewardsDistributor
/// stores it. There it has 128 bits: that it fits is a property here, so the casts there lose nothing.
contract BalanceHistoryProofs {
    uint256 private _lifetime;
    uint256 private _claimed;
    uint256 private _paidInAll;

    function raise(uint256 amount) external {
        _lifetime = BalanceMath.raised(_lifetime, amount);
    }

    function pay(uint256 amount) external {
        _claimed = BalanceMath.paid(_lifetime, _claimed, amount);
        _paidInAll += amount;
    }

    function P26_claimed_never_exceeds_lifetime() external view {
        assert(_claimed <= _lifetime);
    }

    function P26_all_payments_together_are_claimed() external view {
        assert(_paidInAll == _claimed);
    }

    function P25_the_pair_fits_its_128_bits() external view {
        assert(_lifetime <= type(uint128).max);
        assert(_claimed <= type(uint128).max);
    }
}

/// @dev P-25: as above, with the largest amount that was ever shown.
contract BalanceShownProofs {
    uint256 private _lifetime;
    uint256 private _mostShown;

    function raise(uint256 amount) external {
        _lifetime = BalanceMath.raised(_lifetime, amount);
        if (amount > _mostShown) _mostShown = amount;
    }

    function P25_lifetime_is_the_most_that_was_shown() external view {
        assert(_lifetime == _mostShown);
    }
}
