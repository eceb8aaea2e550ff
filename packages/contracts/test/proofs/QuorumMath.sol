// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BPS} from "../../contracts/libraries/Bps.sol";
import {QuorumMath} from "../../contracts/libraries/QuorumMath.sol";

/// @dev P-24. For all stakes of 96 bits: `require` says what is assumed, `assert` what is proved.
contract QuorumProofs {
    function P24_all_of_the_stake_moves_money(uint96 active, uint96 floorTotal) external pure {
        assert(QuorumMath.moves(active, active, floorTotal, floorTotal));
    }

    /// @dev The library multiplies unchecked, here it is checked: the two are the same for all stakes of 96 bits.
    function P24_no_stakes_of_96_bits_overflow(uint96 signed, uint96 total, uint16 bps) external pure {
        require(bps <= BPS);
        bool exact = uint256(signed) * BPS >= uint256(total) * bps;
        assert(QuorumMath.reaches(signed, total, bps) == exact);
    }

    function P24_more_signed_stake_still_moves_money(
        uint96 signed,
        uint96 more,
        uint96 active,
        uint96 signedFloor,
        uint96 moreFloor,
        uint96 floorTotal
    ) external pure {
        require(more >= signed && moreFloor >= signedFloor);
        require(QuorumMath.moves(signed, active, signedFloor, floorTotal));
        assert(QuorumMath.moves(more, active, moreFloor, floorTotal));
    }

    function P24_more_signed_stake_still_records(uint96 signed, uint96 more, uint96 active) external pure {
        require(more >= signed);
        require(QuorumMath.records(signed, active));
        assert(QuorumMath.records(more, active));
    }

    /// @dev Whatever the floor is: the part of the active stake alone implies it.
    function P24_what_moves_money_also_records(uint96 signed, uint96 active, uint96 signedFloor, uint96 floorTotal)
        external
        pure
    {
        require(QuorumMath.moves(signed, active, signedFloor, floorTotal));
        assert(QuorumMath.records(signed, active));
    }

    function P24_money_needs_95_percent_of_the_active_stake(
        uint96 signed,
        uint96 active,
        uint96 signedFloor,
        uint96 floorTotal
    ) external pure {
        require(QuorumMath.moves(signed, active, signedFloor, floorTotal));
        assert(uint256(signed) * 20 >= uint256(active) * 19);
    }

    function P24_money_needs_75_percent_of_the_floor(
        uint96 signed,
        uint96 active,
        uint96 signedFloor,
        uint96 floorTotal
    ) external pure {
        require(QuorumMath.moves(signed, active, signedFloor, floorTotal));
        assert(uint256(signedFloor) * 4 >= uint256(floorTotal) * 3);
    }

    function P24_95_and_75_percent_are_enough(uint96 signed, uint96 active, uint96 signedFloor, uint96 floorTotal)
        external
        pure
    {
        require(uint256(signed) * 20 >= uint256(active) * 19);
        require(uint256(signedFloor) * 4 >= uint256(floorTotal) * 3);
        assert(QuorumMath.moves(signed, active, signedFloor, floorTotal));
    }

    function P24_16_of_24_equal_stakes_do_not_record(uint64 stake) external pure {
        require(stake != 0);
        assert(!QuorumMath.records(16 * uint256(stake), 24 * uint256(stake)));
    }

    function P24_two_thirds_do_not_record(uint96 signed, uint96 active) external pure {
        require(active != 0 && 3 * uint256(signed) <= 2 * uint256(active));
        assert(!QuorumMath.records(signed, active));
    }

    function P24_two_sets_without_a_common_node_do_not_both_record(uint96 one, uint96 other, uint96 active)
        external
        pure
    {
        require(active != 0 && uint256(one) + other <= active);
        assert(!QuorumMath.records(one, active) || !QuorumMath.records(other, active));
    }

    function P24_two_sets_that_move_money_share_90_percent(
        uint96 one,
        uint96 other,
        uint96 active,
        uint96 signedFloor,
        uint96 floorTotal
    ) external pure {
        require(QuorumMath.moves(one, active, signedFloor, floorTotal));
        require(QuorumMath.moves(other, active, signedFloor, floorTotal));
        // What is common to both is at least their sum without the whole.
        assert((uint256(one) + other) * 10 >= uint256(active) * 19);
    }

    function P24_below_20_equal_nodes_money_needs_them_all(uint8 signers, uint8 nodes) external pure {
        require(nodes < 20 && signers < nodes);
        assert(!QuorumMath.moves(signers, nodes, signers, nodes));
    }
}
