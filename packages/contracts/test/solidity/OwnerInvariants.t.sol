// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Actor} from "./support/Actor.sol";
import {Assert} from "./support/Assert.sol";
import {OwnerHandler} from "./support/OwnerHandler.sol";
import {OwnerStakers} from "./support/OwnerStakers.sol";
import {vm} from "./support/Vm.sol";

/// @dev P-114: what an owner cannot do to the stakers, though it does all it can by a timelock of 22 days, is the
/// guardian too, and has taken the timelock's place in some of the lives. Upgrades are left out: those are what the 22
/// days are for.
contract OwnerInvariantsTest is Assert {
    OwnerHandler private handler;
    Actor private actor;

    function setUp() public {
        handler = new OwnerHandler();
        handler.setUp();
        actor = new Actor(handler);
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(actor);
    }

    /// @dev Principal is lost only by what is stated: 20 bps of a node that neither contested nor was shown for 168
    /// accepted reports. Nobody's leaving is ever blocked: from any state, everybody who asks is out 15 days later,
    /// with its stake. The handler checks at each step that leaving, contesting and being paid succeed.
    function invariant_P29_P33_P36_P114_the_owner_takes_nobodys_principal_and_keeps_nobody() public {
        handler.checkAll();
    }

    function testFuzz_P114_any_life_under_a_hostile_owner(uint256[8] memory seeds) public {
        for (uint256 i = 0; i < seeds.length; ++i) handler.act(seeds[i]);
        handler.checkAll();
    }

    function test_the_hostile_owner_reaches_every_deed() public {
        for (uint256 i = 0; i < 240; ++i) handler.act(uint256(keccak256(abi.encode("owner", i))));
        handler.checkAll();
        string memory missing = "never:";
        for (uint256 i = 0; i <= uint256(type(OwnerStakers.Deed).max); ++i) {
            if (handler.done(i) == 0) missing = string.concat(missing, " ", vm.toString(i));
        }
        assertEq(bytes(missing), bytes("never:"));
    }
}
